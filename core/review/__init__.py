"""Review of failures: the store of cases and of annotators' verdicts, imports and exports."""
