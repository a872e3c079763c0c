"""rediss://: an own authority, a stranger's, servers with TLS and without."""

import os
import re
import ssl

import checking
import served
import shells


class SecureRedis(served.Redis):
    """redis-server with TLS and without a plain port."""

    def __init__(self, folder, *options, port=None):
        self.authority, key = checking.certificate(folder)
        port = port or served.free_port()
        super().__init__(
            folder, "--tls-port", str(port), "--port", "0", "--tls-cert-file", self.authority, "--tls-key-file", key,
            "--tls-ca-cert-file", self.authority, "--tls-auth-clients", "no", *options, port=port)

    def client(self, **options):
        return super().client(context=ssl.create_default_context(cafile=self.authority), **options)


def run(options, checks):
    with served.running(SecureRedis) as server, served.running(served.Redis) as plain, served.folder() as folder:
        stranger, _ = checking.certificate(folder)
        secure, port = f"rediss://127.0.0.1:{server.port}", server.port

        def connect(*words):
            return shells.run(options.binary, "--connect", *words, "-c", "put a {\"x\":1}\nget a $.x")

        done = connect(secure, "--tls-ca", server.authority)
        checks.equal(f"an own authority: {done.errors}", (done.status, done.output), (0, "OK\n1\n"))
        done = connect(f"rediss://localhost:{port}", "--tls-ca", server.authority)
        checks.equal(f"by its name: {done.errors}", (done.status, done.output), (0, "OK\n1\n"))
        for what, words, says in (
            ("no authority", (secure,), "--tls-ca"),
            ("a stranger's", (secure, "--tls-ca", stranger), "certificate"),
            ("no such file", (secure, "--tls-ca", os.path.join(folder, "none")), "none"),
            ("a server without TLS", (f"rediss://127.0.0.1:{plain.port}", "--tls-ca", stranger), "no answer.*redis:// is for"),
            ("a server with TLS by redis://", (f"redis://127.0.0.1:{port}",), "rediss://"),
        ):
            done = connect(*words)
            checks.true(f"{what}: {done}", done.status in (2, 3) and re.search(says, done.errors) and not done.output)
        done = connect(f"redis://127.0.0.1:{plain.port}", "--tls-ca", stranger)
        checks.true(f"--tls-ca without TLS: {done}", done.status == 2 and "rediss://" in done.errors)
        with checks.part("a long reply"):
            text = "x" * 3_000_000
            done = shells.run(
                options.binary, "--connect", secure, "--tls-ca", server.authority, "--output", "raw",
                stdin=f"put long {text}\nget long\n")
            checks.true(f"a value of 3 MB: {done.errors}", done.output == f"OK\n{text}\n")
