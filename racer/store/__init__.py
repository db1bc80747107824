"""Runs in an object store: published while they are trained, fetched when they are asked for.

| file | what |
|---|---|
| address | ``file://``, ``s3://``, ``gs://`` and ``az://`` addresses, and the stores behind them |
| published | what a store holds of a folder: the last thing to be written, the first to be read |
| snapshot | the files of a folder that is being written, all of one moment |
| publish | brings a folder to a store, in a thread, and never stops a training |
| fetch | brings a published run back, with its digests checked |
"""
