"""What is told of a run: each form of report, exactly; hostile messages; the page in Chromium."""
