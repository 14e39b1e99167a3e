"""The files of a team as typed fields, and the results of an evaluation."""
