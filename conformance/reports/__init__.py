"""What is told of a run, and in which forms. Each form is a plain function of a `RunResult`.

    hiding.py        the result as it may be told: no person's number but the test persons', no password
    words.py         the verdict, counts and rules in words; text made safe to show
    excerpts.py      the message that a finding points at, and the lines around the broken one
    json_report.py   everything, to be read by programs and read back exactly
    terminal.py      for a developer, while it runs and after
    junit.py         for CI
    html.py          one page for those who decide; page.py what stands on it
    compare.py       two runs: what is worse, what is mended
    expected.py      what is known to fail, with reasons
    signing.py       who says so, and that nothing was changed since

All of them tell a result that `hiding.hidden` has gone over.
"""
