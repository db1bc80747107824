"""The car: its parameters, its actions, model_metadata.json."""
