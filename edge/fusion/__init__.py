"""From a change of weight to hypotheses over what was taken or put back."""
