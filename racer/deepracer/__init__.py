"""The real DeepRacer's files, both ways: its logs and models come in, runs go out as theirs.

| file | what |
|---|---|
| rows.py | the rows of a log, read block by block |
| sources.py, archive.py | which files of a folder or an archive hold what |
| console.py | what a log's other lines say: the track, the sensors, entropy |
| routes.py | the track of a log, found and checked by its rows |
| episodes.py | rows to episodes; the best laps |
| survey.py, recorded.py, laps.py, imported.py | a folder of logs as a run |
| simtrace.py, export.py | a run as a folder of logs |
| model_folder.py | a folder of a model as the settings of a training |
"""
