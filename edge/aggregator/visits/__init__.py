"""Who is and was in the store, by the gate's word: stays, from entering to the receipt."""
