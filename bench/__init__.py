"""What is measured rather than tested: figures on sandbox hosts."""
