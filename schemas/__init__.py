"""What the whole house agrees on: records, reasons, dataset folders, prompts, errors. Imports nothing of ours."""
