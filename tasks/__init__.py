"""The questions: one file per task, in one folder per field. A file's path is the task's name."""
