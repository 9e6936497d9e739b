"""Web processes and the job runner together on one machine; HAProxy or nginx may stand in front."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import time

import click
import waitress

#: The default of 100 lets 300 slow clients shut everybody out (measured; docs/operating.md).
CONNECTION_LIMIT = 1000
#: Bodies that are not even received: the default of 1 GB for each connection fills the disk. A file that is too large
#: but below this gets the portal's own page.
LARGEST_BODY = 128 * 1024 * 1024


def _web(listener: socket.socket) -> None:
    from portal.app import create_app

    app = create_app()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    waitress.serve(
        app, sockets=[listener], threads=8, connection_limit=CONNECTION_LIMIT, channel_timeout=60, ident="",
        max_request_body_size=LARGEST_BODY, clear_untrusted_proxy_headers=not app.config["PROXIES"]
    )


def _run_jobs() -> None:
    from portal import jobs
    from portal.app import create_app

    # A child started again has its parent's answers to signals.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    jobs.runner(create_app())


def serve(host: str, port: int, processes: int) -> None:
    """Serve until stopped; a child that dies is started again."""
    from portal.app import create_app
    from portal.database import database

    create_app()  # Refuses here, in the foreground, with its sentence.
    database.close()  # A connection must not cross the fork.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise click.ClickException(f"{host}:{port} 不能使用：{error.strerror}") from error
    listener.listen(1024)
    spawn = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    wanted = [("网页", _web, (listener,))] * processes + [("后台任务", _run_jobs, ())]
    children = [spawn.Process(target=target, args=arguments, name=name) for name, target, arguments in wanted]
    for child in children:
        child.start()
    click.echo(f"市场监管联席会议平台：http://{host}:{port}/ （Ctrl+C 停止）")
    stopping = False

    def stop(*_: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        time.sleep(0.3)
        for number, child in enumerate(children):
            if not child.is_alive() and not stopping:
                name, target, arguments = wanted[number]
                click.echo(f"{name}进程意外退出（{child.exitcode}），重新启动", err=True)
                children[number] = spawn.Process(target=target, args=arguments, name=name)
                children[number].start()
                time.sleep(1)
    for child in children:
        child.terminate()
    for child in children:
        child.join(15)
