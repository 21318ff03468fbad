aws mwaa create-cli-token @target@
