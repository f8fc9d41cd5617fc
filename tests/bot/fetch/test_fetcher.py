import asyncio
import gzip
import ssl
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import Clock
from bot.errors import TimedOut
from bot.fetch import (
    Fetched,
    Fetcher,
    FetchError,
    FetchFailed,
    FetchLimits,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    NotModified,
    Validators,
)
from bot.fetch.decoding import BodyBroken, BodyTooLarge, decoding_for
from tests.bot.fetch.loopback import (
    Handler,
    Loopback,
    Request,
    answer,
    drip,
    endless,
    head,
    loopback,
    redirect,
    silent,
)

SMALL = FetchLimits(
    total_seconds=10,
    connect_seconds=5,
    read_seconds=5,
    wire_bytes=100_000,
    body_bytes=200_000,
    ratio_from_bytes=50_000,
)


def fetcher_for(server: Loopback, limits: FetchLimits = SMALL) -> Fetcher:
    return Fetcher(allow_hosts=[server.host], limits=limits)


async def fetched(handler: Handler, limits: FetchLimits = SMALL, **options: object) -> Fetched | NotModified:
    async with loopback({"/": handler}) as server, fetcher_for(server, limits) as fetcher:
        return await fetcher.get(f"{server.url}/", **options)  # pyright: ignore[reportArgumentType]  # passed on


async def test_a_document_comes_whole_with_its_validators() -> None:
    sent = {"ETag": '"1"', "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT"}
    got = await fetched(answer("hällo", headers=sent))
    assert isinstance(got, Fetched)
    assert got.body.decode() == "hällo"
    assert got.media_type == "text/html"
    assert got.validators == Validators('"1"', "Mon, 02 Mar 2026 10:00:00 GMT")


async def test_validators_are_sent_and_304_is_an_answer() -> None:
    async with loopback({"/": answer(status="304 Not Modified")}) as server, fetcher_for(server) as fetcher:
        got = await fetcher.get(server.url, validators=Validators('"1"', "yesterday"))
        assert isinstance(got, NotModified)
        assert server.requests[0].headers["if-none-match"] == '"1"'
        assert server.requests[0].headers["if-modified-since"] == "yesterday"
        with pytest.raises(FetchFailed, match="answered 304"):
            await fetcher.get(server.url)


async def test_nothing_of_ours_is_sent_along(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        loopback({"/": answer("x", headers={"Set-Cookie": "a=1"})}) as server,
        fetcher_for(server) as fetcher,
    ):
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        await fetcher.get(server.url)
        await fetcher.get(server.url)
        assert set(server.requests[1].headers) == {"host", "user-agent", "accept", "accept-encoding"}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate", "raw deflate", "identity"])
async def test_compressed_documents_are_read(coding: str) -> None:
    text = b"the same words " * 200
    raw = zlib.compressobj(wbits=-15)
    body = {
        "deflate": zlib.compress(text),
        "raw deflate": raw.compress(text) + raw.flush(),
        "identity": text,
    }.get(coding, gzip.compress(text))
    got = await fetched(answer(body, headers={"Content-Encoding": coding.removeprefix("raw ")}))
    assert isinstance(got, Fetched)
    assert got.body == text


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=5), st.integers(1, 50))
def test_gzip_is_decoded_the_same_however_it_is_cut(parts: list[bytes], step: int) -> None:
    sent = b"".join(gzip.compress(part) for part in parts)
    decoding = decoding_for("gzip", FetchLimits())
    got = b"".join(decoding.feed(sent[at : at + step]) for at in range(0, len(sent), step))
    decoding.finish()
    assert got == b"".join(parts)


@given(st.binary(max_size=2_000))
def test_rubbish_never_decodes_into_more_than_the_limit(body: bytes) -> None:
    decoding = decoding_for("gzip", SMALL)
    try:
        assert len(decoding.feed(body)) <= SMALL.body_bytes
        decoding.finish()
    except (BodyBroken, BodyTooLarge):
        pass


def bomb(size: int) -> bytes:
    return gzip.compress(b"\0" * size)


@pytest.mark.parametrize(
    ("handler", "error", "says"),
    [
        (endless, FetchTooLarge, "too large"),
        (answer(b"x" * 100_001), FetchTooLarge, "too large"),
        (answer(bomb(150_000), headers={"Content-Encoding": "gzip"}), FetchTooLarge, "grows suspiciously"),
        (answer(bomb(50_000_000), headers={"Content-Encoding": "gzip"}), FetchTooLarge, "once decompressed"),
        (
            answer(gzip.compress(b"") * 3_000, headers={"Content-Encoding": "gzip"}),
            FetchTooLarge,
            "too many parts",
        ),
        (
            answer(gzip.compress(bomb(10)), headers={"Content-Encoding": "gzip, gzip"}),
            FetchFailed,
            "did not ask for",
        ),
        (answer(b"\x1b" * 99, headers={"Content-Encoding": "br"}), FetchFailed, "did not ask for"),
        (answer(b"plain", headers={"Content-Encoding": "gzip"}), FetchFailed, "cannot be decompressed"),
        (answer(bomb(100)[:-9], headers={"Content-Encoding": "gzip"}), FetchFailed, "cut off"),
        (answer(b"x", content_type="image/png"), FetchFailed, "of the kind 'image/png'"),
        (answer(status="404 Not Found"), FetchFailed, "answered 404"),
        (answer(status="500 Oh"), FetchFailed, "answered 500"),
        (answer(status="302 Found"), FetchFailed, "redirects to nowhere"),
        (redirect("http://999.1.1.1/"), FetchRefused, "no readable address"),
        (redirect("http://[broken"), FetchRefused, "no readable host"),
        (redirect("/"), FetchRefused, "more than 5 times"),
    ],
)
async def test_a_bad_answer_gives_one_clear_sentence(
    handler: Handler, error: type[FetchError], says: str
) -> None:
    with pytest.raises(error, match=says) as caught:
        await fetched(handler, media_types=("text/", "application/xml"))
    assert str(caught.value).count(".\n") == 0
    assert str(caught.value).startswith("http://127.0.0.1:")


async def test_a_length_beyond_the_limit_is_not_even_read() -> None:
    async def boastful(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(head("200 OK", {"Content-Length": "100000000"}))
        await writer.drain()
        await asyncio.Event().wait()

    with pytest.raises(FetchTooLarge):
        await fetched(boastful)


async def test_an_endless_sender_is_hung_up_on() -> None:
    async with loopback({"/": endless}) as server, fetcher_for(server) as fetcher:
        with pytest.raises(FetchTooLarge):
            await fetcher.get(server.url)
        async with asyncio.timeout(10):
            await server.gone.wait()


@pytest.mark.parametrize(
    ("handler", "limits", "says"),
    [
        (drip, FetchLimits(total_seconds=0.3), "still not there after 0.3 seconds"),
        (silent, FetchLimits(total_seconds=20, read_seconds=0.2), "did not answer in time"),
    ],
)
async def test_slow_answers_are_given_up(handler: Handler, limits: FetchLimits, says: str) -> None:
    with pytest.raises(FetchTimedOut, match=says) as caught:
        await fetched(handler, limits)
    assert isinstance(caught.value, TimedOut)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_proper_http_fails_clearly(raw: bytes) -> None:
    async def handle(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        await writer.drain()

    with pytest.raises(FetchFailed, match=r"could not be fetched|could not be read"):
        await fetched(handle)


async def test_a_closed_port_fails_clearly() -> None:
    async with loopback() as server:
        pass
    async with fetcher_for(server) as fetcher:
        with pytest.raises(FetchFailed, match="no connection could be made"):
            await fetcher.get(server.url)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("soon", None),
        ("Sun, 22 Nov 2020 12:00:00 GMT", 0.0),
    ],
)
async def test_retry_after_is_passed_on(text: str, seconds: float | None) -> None:
    clock = Clock(now=lambda: datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    handler = answer(status="429 Too Many Requests", headers={"Retry-After": text})
    async with (
        loopback({"/": handler}) as server,
        Fetcher(allow_hosts=[server.host], clock=clock) as fetcher,
    ):
        with pytest.raises(FetchFailed) as caught:
            await fetcher.get(server.url)
    assert caught.value.status == 429
    assert caught.value.retry_after == seconds


async def test_redirects_are_followed_and_the_last_address_is_told() -> None:
    routes = {"/": redirect("/there?x=1#part"), "/there": answer("found")}
    async with loopback(routes) as server, fetcher_for(server) as fetcher:
        got = await fetcher.get(server.url)
        assert got.url == f"{server.url}/there?x=1"


async def test_a_cancelled_fetch_hangs_up() -> None:
    came = asyncio.Event()

    async def start(request: Request, writer: asyncio.StreamWriter) -> None:
        came.set()
        await drip(request, writer)

    async with loopback({"/": start}) as server, fetcher_for(server) as fetcher, asyncio.timeout(10):
        fetching = asyncio.create_task(fetcher.get(server.url))
        await came.wait()
        fetching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetching
        await server.gone.wait()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context with a certificate for ``name`` that only this client trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


async def _to_loopback(*_: object) -> Sequence[str]:
    return ["127.0.0.1"]


async def test_tls_keeps_the_name_although_the_address_is_pinned(tmp_path: Path) -> None:
    server_tls, client_tls = certificate(tmp_path, "secure.test")
    async with loopback({"/": answer("safe")}, tls=server_tls) as server:
        hosts = [f"secure.test:{server.port}", f"other.test:{server.port}"]
        async with Fetcher(allow_hosts=hosts, resolve=_to_loopback, ssl_context=client_tls) as fetcher:
            got = await fetcher.get(f"https://secure.test:{server.port}/")
            assert isinstance(got, Fetched)
            assert server.requests[0].server_name == "secure.test"
            assert server.requests[0].headers["host"] == f"secure.test:{server.port}"
            with pytest.raises(FetchFailed, match="certificate is not valid"):
                await fetcher.get(f"https://other.test:{server.port}/")


@pytest.mark.parametrize("allow_downgrade", [False, True])
async def test_a_redirect_to_plain_http_is_followed_only_where_configured(
    tmp_path: Path, *, allow_downgrade: bool
) -> None:
    server_tls, client_tls = certificate(tmp_path, "secure.test")
    async with (
        loopback({"/": answer("plain")}) as plain,
        loopback({"/": redirect(f"{plain.url}/")}, tls=server_tls) as secure,
        Fetcher(
            allow_hosts=[f"secure.test:{secure.port}", plain.host],
            allow_downgrade=allow_downgrade,
            resolve=_to_loopback,
            ssl_context=client_tls,
        ) as fetcher,
    ):
        target = f"https://secure.test:{secure.port}/"
        if allow_downgrade:
            assert isinstance(await fetcher.get(target), Fetched)
            return
        with pytest.raises(
            FetchRefused, match=r"redirects to .*, which was not fetched: it leads from https to plain http"
        ):
            await fetcher.get(target)
        assert plain.connections == 0
