"""Zero-shot questions with a choice of answers: the nine tasks of FewCLUE, for models that have learnt none of them."""
