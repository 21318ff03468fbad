"""What tables, JSON and YAML begin, part and end with: strung together, texts that look like outputs and are none."""

PIECES = (
    *("=", "+", "|", " ", "\n", "╒═╤", "│", "╞", "DAGS\n", "---\n", "a  b\n"),
    *("- a: ", "  ", "'", '"', "\\", "[", "[{", "}]", "{"),
)
