"""From the cohort, the features and the models to analysis-results rows, one module per chapter."""
