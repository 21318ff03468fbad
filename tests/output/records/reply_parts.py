"""What tables, JSON and YAML begin, part and end with: strung together, texts that look like replies and are none."""

PIECES = (
    *("=", "+", "|", " ", "\n", "╒═╤", "│", "╞", "DAGS\n", "---\n", "a  b\n"),
    *("- a: ", "  ", "'", '"', "\\", "[", "[{", "}]", "{"),
)
