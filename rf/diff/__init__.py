"""What a change of the repository does to each stack: the comment for its reviewers."""
