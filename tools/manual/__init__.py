"""What tools/generate-docs and tests/docs share: the command table, read back from help."""
