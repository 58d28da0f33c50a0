"""The rules of the house, one file a rule. tools/check runs them."""
