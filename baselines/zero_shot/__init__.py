"""Questions answered by models that were never taught the task: the question is put into words instead."""
