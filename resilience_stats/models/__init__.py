"""The public `fit_*` functions: check the input, call `stats`, return a result."""
