"""What is special about each kind of model: loading, prompts, where the answer starts, target modules."""
