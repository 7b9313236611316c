"""How fast a sitting is, on this machine: ``python -m benchmarks [--only save] [--db sqlite]``.

A server (gunicorn, one worker) runs as ``make serve`` runs it, on a fresh database with one exam of
50 questions. This process sends requests over one kept connection and reads how much CPU time the
server's processes, and PostgreSQL's, used for them. Each act is measured in turns with the *floor*:
a lean Flask route through the same app and engine (one statement joins the session row and checks
owner, state and deadline; CSRF; one upsert; one commit; the same headers and log line). The table
shows the median over the rounds of CPU milliseconds a request and of the ratio to the floor of the
same round; a ratio says how much the act costs beyond what any saving must cost.

``--only writers`` runs eight processes that save into one SQLite file as fast as they can, counts
"database is locked" (must be 0) and prints how long the slowest save waited.

``--only standings`` reads what people and units come to, with a thousand entries behind the totals
and with a million behind as many totals, in turns, and exits with 1 where the second costs more than
1.2 times the first.

``--only lists`` asks for the large lists of an office and a coordinator, a person's record and the
first pages, with 10,000 people and 100,000 entries, and prints the statements and the median
milliseconds of each; it judges nothing.

``--only likeness`` finds the questions alike among 10,000 new ones and a bank of 50,000, and prints
seconds, memory and the ratio to weighing every pair with rapidfuzz (extrapolated from a sample); it
exits with 1 where it takes a minute or 500 MB.
"""
