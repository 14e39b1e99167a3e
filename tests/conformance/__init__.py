"""The measured cases of the specification."""
