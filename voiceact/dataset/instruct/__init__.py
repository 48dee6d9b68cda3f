"""Questions and answers about clips, built from record and measurement alone, and the check that each answer is true."""
