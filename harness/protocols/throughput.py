"""Throughput: the settings of a timing. What is timed is in ``harness.timing.cases``, how in ``harness.timing.session``."""

from __future__ import annotations

from harness.spec import Effort, Protocol, Timing

PROTOCOLS = (
    Protocol(
        name="glance",
        version=1,
        title="A few turns on the embedded sample, under a minute: does timing run? Its numbers mean little",
        kinds=("spans",),
        room="throughput",
        data="sample",
        seeds=1,
        encoder="bilstm",
        needs="Divides",
        settings=Timing(
            examples=32,
            batch_size=8,
            grid_batches=(1, 8),
            grid_tokens=(32, 64),
            cpu=Effort(warmup=2, warmup_seconds=0.2, blocks=4, grid_blocks=3, iterations=4, seconds=0.02),
            gpu=Effort(warmup=2, warmup_seconds=0.2, blocks=4, grid_blocks=3, iterations=4, seconds=0.02),
        ),
    ),
    Protocol(
        name="throughput",
        version=1,
        title="Time of a training step and of a prediction on fixed batches, models in turn; `harness bench` runs it",
        kinds=("spans",),
        room="throughput",
        data="real",
        seeds=1,
        encoder="mini-zh",
        needs="Divides",
        settings=Timing(
            cpu=Effort(warmup=4, warmup_seconds=5.0, blocks=20, grid_blocks=8, iterations=16, seconds=2.0),
            gpu=Effort(warmup=20, warmup_seconds=30.0, blocks=20, grid_blocks=20, iterations=100, seconds=10.0),
        ),
    ),
    Protocol(
        name="glance",
        version=1,
        title="A few turns on windows of the embedded sample, under a minute: does timing run? Its numbers mean little",
        kinds=("tokens",),
        room="throughput",
        data="sample",
        seeds=1,
        encoder="",
        needs="ReadsOn",
        settings=Timing(
            examples=8,
            batch_size=4,
            tokens=32,
            grid_batches=(1,),
            grid_tokens=(64, 128),
            cpu=Effort(warmup=2, warmup_seconds=0.2, blocks=4, grid_blocks=3, iterations=4, seconds=0.02),
            gpu=Effort(warmup=2, warmup_seconds=0.2, blocks=4, grid_blocks=3, iterations=4, seconds=0.02),
        ),
    ),
    Protocol(
        name="throughput",
        version=1,
        title="Time of a training step and of reading on windows of one length each, models in turn; `harness bench` runs it",
        kinds=("tokens",),
        room="throughput",
        data="real",
        seeds=1,
        encoder="",
        needs="ReadsOn",
        settings=Timing(
            examples=64,
            batch_size=16,
            grid_batches=(1,),
            grid_tokens=(512, 1024, 2048, 4096, 8192, 16384),
            cpu=Effort(warmup=2, warmup_seconds=5.0, blocks=12, grid_blocks=6, iterations=12, seconds=2.0),
            gpu=Effort(warmup=20, warmup_seconds=30.0, blocks=20, grid_blocks=20, iterations=100, seconds=10.0),
        ),
    ),
)
