"""Numerics on NumPy arrays: no pandas, no files, no messages.

Modules here may import NumPy, SciPy, joblib and one another, and of ours only `errors`.
"""
