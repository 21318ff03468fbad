"""Which way a command takes: proxies and forwarders on loopback, verified TLS, and what each of them saw."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from botocore.exceptions import ProxyConnectionError

from mwaa_shell.addresses import ConnectTo, read_connect_to
from mwaa_shell.errors import NothingRan, OutcomeUnknown, UsageError
from mwaa_shell.launch import make_plan
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.mwaa.aws_errors import AwsCall, AwsCaller, translate
from mwaa_shell.mwaa.route import Route, hide_credentials, read_proxy, route_of
from mwaa_shell.mwaa.transport import Transport
from mwaa_shell.options import build_parser
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, AccessKey, Settings
from tests.double import WEB_NAME, Double, Request, command_response, response
from tests.proxies import ConnectProxy, Forwarder, Relay, SocksProxy
from tests.sessions import execute

WEB = "https://web.example/aws_mwaa/cli"
VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def _far(double: Double) -> None:
    """The web server has a name that this machine does not know."""
    double.host_name = WEB_NAME


@pytest.fixture
def hosts(double: Double) -> dict[str, tuple[str, int]]:
    """What a proxy inside the VPC knows."""
    return {WEB_NAME: ("127.0.0.1", double.web.port)}


def post(double: Double, transport: Transport, command: str = "dags list") -> bytes:
    with closing(transport):
        return bytes(transport.post(f"https://{double.host}/aws_mwaa/cli", command, "canary-token").body)


def saw_only_ciphertext(relay: Relay) -> bool:
    return bool(relay.seen) and not any(
        word in relay.seen for word in (b"canary", b"dags list", b"Bearer", b"aws_mwaa")
    )


# -- through ----------------------------------------------------------------------------------------------------------

Make = Callable[..., Relay]


@pytest.fixture(params=["http", "https", "socks5h"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(scheme: str, double: Double, hosts: dict[str, tuple[str, int]]) -> Iterator[Make]:
    """Makes the proxy of the scheme."""
    made: list[Relay] = []

    def make(credentials: str = "") -> Relay:
        if scheme == "socks5h":
            made.append(SocksProxy(hosts, credentials=credentials))
        else:
            context = None
            if scheme == "https":
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                double.authority.issue_cert("127.0.0.1").configure_cert(context)
            made.append(ConnectProxy(hosts, credentials=credentials, context=context))
        return made[-1]

    yield make
    for relay in made:
        relay.close()


def test_a_command_goes_through_a_proxy_that_resolves_its_name(
    double: Double, bundle: str, scheme: str, make: Make
) -> None:
    proxy = make()
    transport = Transport([bundle], 60.0, proxy=f"{scheme}://127.0.0.1:{proxy.port}")
    with closing(transport):
        for _ in range(2):
            transport.post(f"https://{double.host}/aws_mwaa/cli", "dags list", "canary-token")
    assert double.commands == ["dags list"] * 2
    assert double.web.seen[0].headers["host"] == double.host
    assert proxy.asked == [(WEB_NAME, double.web.port)]  # the connection is kept
    assert saw_only_ciphertext(proxy)


def test_the_password_of_a_proxy_goes_to_the_proxy_alone(double: Double, bundle: str, scheme: str, make: Make) -> None:
    proxy = make("user:p@ss/word")
    post(double, Transport([bundle], 60.0, proxy=f"{scheme}://user:p%40ss%2Fword@127.0.0.1:{proxy.port}"))
    assert proxy.relayed == 1
    request = double.web.seen[0]
    assert not any("proxy" in name for name in request.headers)
    assert b"p@ss" not in proxy.seen


@pytest.mark.parametrize("credentials", ["", "user:wr0ng-canary@"])
def test_a_proxy_that_wants_another_password(
    double: Double, bundle: str, scheme: str, make: Make, credentials: str
) -> None:
    proxy = make("user:secret")
    with pytest.raises(NothingRan, match="requires a user and a password") as caught:
        post(double, Transport([bundle], 60.0, proxy=f"{scheme}://{credentials}127.0.0.1:{proxy.port}"))
    assert (double.commands, proxy.asked) == ([], [])
    assert f"{scheme}://127.0.0.1:{proxy.port} (--proxy)" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_nobody_is_at_the_proxy(double: Double, bundle: str, scheme: str, make: Make) -> None:
    proxy = make()
    proxy.close()
    with pytest.raises(NothingRan, match=r"The proxy .* \(--proxy\) refused the connection"):
        post(double, Transport([bundle], 60.0, proxy=f"{scheme}://user:canary@127.0.0.1:{proxy.port}"))
    assert double.commands == []


def test_a_proxy_that_does_not_reach_the_web_server(double: Double, bundle: str, scheme: str, make: Make) -> None:
    proxy = make()
    proxy.hosts = {}
    with pytest.raises(NothingRan, match=r"could not reach the web server|did not let the request through"):
        post(double, Transport([bundle], 60.0, proxy=f"{scheme}://127.0.0.1:{proxy.port}"))
    assert (proxy.relayed, len(proxy.asked)) == (0, 1)


def test_a_stranger_behind_a_proxy_gets_nothing(double: Double, bundle: str, scheme: str, make: Make) -> None:
    proxy = make()
    proxy.hosts["another.invalid"] = ("127.0.0.1", double.web.port)
    double.host_name = "another.invalid"
    with pytest.raises(
        NothingRan, match=r"certificate .* another\.invalid:\d+ through the proxy .* could not be verified"
    ):
        post(double, Transport([bundle], 60.0, proxy=f"{scheme}://127.0.0.1:{proxy.port}"))
    assert double.web.seen == []
    assert b"canary" not in proxy.seen


def test_giving_up_closes_the_connection_through_a_proxy(double: Double, bundle: str, scheme: str, make: Make) -> None:
    proxy, gone = make(), threading.Event()

    def wait_for_the_end(request: Request) -> bytes | None:
        request.socket.settimeout(60)
        try:
            left = request.socket.recv(1) == b""
        except OSError:
            left = True
        if left:
            gone.set()
        return None

    double.web.behave = wait_for_the_end
    transport = Transport([bundle], 60.0, proxy=f"{scheme}://127.0.0.1:{proxy.port}")

    def give_up() -> None:
        double.web.arrived.acquire()
        transport.give_up()

    threading.Thread(target=give_up, daemon=True).start()
    with pytest.raises(OutcomeUnknown):
        post(double, transport)
    assert gone.wait(30)


def test_a_proxy_behind_tls_proves_who_it_is(double: Double, bundle: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    double.authority.issue_cert("other.invalid").configure_cert(context)
    with closing(ConnectProxy(context=context, credentials="user:canary")) as proxy:
        with pytest.raises(NothingRan) as caught:
            post(double, Transport([bundle], 60.0, proxy=f"https://user:canary@127.0.0.1:{proxy.port}"))
        assert proxy.requests == []
    assert "canary" not in str(caught.value)


def test_what_a_proxy_refuses_is_said(double: Double, bundle: str) -> None:
    with closing(ConnectProxy(refusal="403 Not for you")) as proxy:
        with pytest.raises(NothingRan, match="did not let the request through"):
            post(double, Transport([bundle], 60.0, proxy=f"http://127.0.0.1:{proxy.port}"))
        assert "canary" not in str(proxy.requests)


def test_socks5_looks_the_name_up_here(double: Double, bundle: str) -> None:
    with closing(SocksProxy()) as proxy:
        with pytest.raises(NothingRan, match="socks5 looks up the web server on this machine"):
            post(double, Transport([bundle], 60.0, proxy=f"socks5://127.0.0.1:{proxy.port}"))
        assert proxy.asked == []
        double.host_name = "127.0.0.1"
        post(double, Transport([bundle], 60.0, proxy=f"socks5://127.0.0.1:{proxy.port}"))
        assert proxy.asked == [("127.0.0.1", double.web.port)]


class Liar(Relay):
    """Answers whatever comes like this; nothing, and it only listens."""

    answer = b""

    def greet(self, client: socket.socket) -> socket.socket | None:
        client.sendall(self.answer)
        while client.recv(1024):
            pass
        return None


def test_something_else_at_the_port_of_a_proxy(double: Double, bundle: str) -> None:
    with closing(Liar()) as liar:
        liar.answer = b"SSH-2.0-none\r\n"
        with pytest.raises(NothingRan, match="does not speak SOCKS"):
            post(double, Transport([bundle], 60.0, proxy=f"socks5h://127.0.0.1:{liar.port}"))
        with pytest.raises(NothingRan, match=r"through the proxy http://.* could not be reached"):
            post(double, Transport([bundle], 60.0, proxy=f"http://127.0.0.1:{liar.port}"))


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_a_proxy_that_says_nothing(double: Double, bundle: str, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mwaa_shell.mwaa.transport.CONNECT_TIMEOUT", 0.2)
    with (
        closing(Liar()) as liar,
        pytest.raises(NothingRan, match=rf"{scheme}://127\.0\.0\.1.*(could not be reached|did not accept)"),
    ):
        post(double, Transport([bundle], 60.0, proxy=f"{scheme}://127.0.0.1:{liar.port}"))


# -- elsewhere --------------------------------------------------------------------------------------------------------


@pytest.fixture
def tunnel(double: Double) -> Iterator[Forwarder]:
    with closing(Forwarder(("127.0.0.1", double.web.port))) as running:
        yield running


@pytest.mark.parametrize(
    "form", ["::127.0.0.1:{port}", f"{WEB_NAME}:{{web}}:127.0.0.1:{{port}}", f"{WEB_NAME.upper()}::localhost:{{port}}"]
)
def test_a_tunnel_changes_where_the_bytes_go_and_nothing_else(
    double: Double, bundle: str, tunnel: Forwarder, form: str
) -> None:
    connect_to = form.format(port=tunnel.port, web=double.web.port)
    post(double, Transport([bundle], 60.0, connect_to=["other.invalid:::1", connect_to]))
    assert double.web.seen[0].headers["host"] == f"{WEB_NAME}:{double.web.port}"
    assert tunnel.relayed == 1
    assert saw_only_ciphertext(tunnel)


def test_another_server_behind_the_tunnel_gets_nothing(double: Double, bundle: str, tunnel: Forwarder) -> None:
    double.host_name = "another.invalid"
    with pytest.raises(NothingRan, match=r"\(--connect-to\) could not be verified"):
        post(double, Transport([bundle], 60.0, connect_to=[f"::127.0.0.1:{tunnel.port}"]))
    assert double.web.seen == []


def test_no_tunnel_is_there(double: Double, bundle: str, tunnel: Forwarder) -> None:
    tunnel.close()
    with pytest.raises(NothingRan, match=rf"at 127\.0\.0\.1:{tunnel.port} \(--connect-to\) could not be reached"):
        post(double, Transport([bundle], 60.0, connect_to=[f"::127.0.0.1:{tunnel.port}"]))


def test_a_tunnel_for_another_host_is_none(double: Double, bundle: str, tunnel: Forwarder) -> None:
    with pytest.raises(NothingRan, match="could not be reached"):
        post(double, Transport([bundle], 60.0, connect_to=[f"other.invalid::127.0.0.1:{tunnel.port}"]))
    assert tunnel.asked == []


def test_a_proxy_leads_to_where_the_tunnel_begins(double: Double, bundle: str, tunnel: Forwarder) -> None:
    with closing(SocksProxy({"bastion.invalid": ("127.0.0.1", tunnel.port)})) as proxy:
        post(
            double,
            Transport([bundle], 60.0, proxy=f"socks5h://127.0.0.1:{proxy.port}", connect_to=["::bastion.invalid:9"]),
        )
        assert proxy.asked == [("bastion.invalid", 9)]
    assert (tunnel.relayed, len(double.commands)) == (1, 1)


def test_a_redirect_of_airflow_3_takes_the_same_way(double: Double, bundle: str, tunnel: Forwarder) -> None:
    def answer(request: Request) -> bytes:
        if request.path.endswith("/"):
            return command_response(b"done\n")
        return f"HTTP/1.1 307 x\r\nLocation: http://{double.host}/aws_mwaa/cli/\r\nContent-Length: 0\r\n\r\n".encode()

    double.web.behave = answer
    settings = Settings(environment="my-env", access=access(double, bundle, connect_to=(f"::127.0.0.1:{tunnel.port}",)))
    with closing(Session(settings)) as session:
        result = execute(session, "version")
    assert (result.stdout, result.message) == (b"done\n", "")
    assert [request.path for request in double.web.seen] == ["/aws_mwaa/cli", "/aws_mwaa/cli/"]
    assert {request.headers["authorization"] for request in double.web.seen} == {f"Bearer {double.tokens[-1]}"}


def access(double: Double, bundle: str, **ways: object) -> Access:
    """The double's, with ways to the web server."""
    return double.access(bundle)._replace(**ways)  # type: ignore[arg-type]


# -- what wins --------------------------------------------------------------------------------------------------------


def test_the_option_wins_over_the_variables(
    double: Double, bundle: str, hosts: dict[str, tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ConnectProxy(hosts)) as wanted, closing(ConnectProxy(hosts)) as other:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{other.port}")
        monkeypatch.setenv("NO_PROXY", "*")
        post(double, Transport([bundle], 60.0, proxy=f"http://127.0.0.1:{wanted.port}"))
        assert (wanted.relayed, other.asked) == (1, [])


def test_the_local_environment_goes_through_no_proxy(
    double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.host_name = "127.0.0.1"
    with closing(ConnectProxy()) as proxy:
        for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with closing(Session(Settings(environment="my-env", access=double.access(bundle)))) as session:
            assert execute(session, "version").ok
        assert (proxy.requests, len(double.commands)) == ([], 1)


def test_proxy_option_is_for_the_web_server_alone(
    double: Double, bundle: str, hosts: dict[str, tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    with closing(double_over_tls()) as there, closing(ConnectProxy({WEB_NAME: ("127.0.0.1", there.web.port)})) as aws:
        there.host_name = WEB_NAME
        trusted = bundle_of(there, bundle)
        with closing(SocksProxy({WEB_NAME: ("127.0.0.1", there.web.port)})) as web:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{aws.port}")
            way = Access(
                region="eu-west-1",
                endpoint_url=f"https://127.0.0.1:{there.aws.port}",
                ca_bundle=trusted,
                proxy=f"socks5h://127.0.0.1:{web.port}",
            )
            with closing(Session(Settings(environment="my-env", access=way))) as session:
                assert execute(session, "version").message == ""
            assert {port for _, port in aws.asked} == {there.aws.port}
            assert {port for _, port in web.asked} == {there.web.port}


def double_over_tls() -> Double:
    return Double(aws_over_tls=True)


def bundle_of(double: Double, beside: str) -> str:
    path = Path(beside).with_name("other.pem")
    double.authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"HTTPS_PROXY": "http://p.example:3128"}, "HTTPS_PROXY"),
        ({"https_proxy": "p.example:3128", "HTTPS_PROXY": "http://q.example"}, "https_proxy"),
        ({"ALL_PROXY": "http://p.example:3128"}, "ALL_PROXY"),
        ({"ALL_PROXY": "http://q.example", "HTTPS_PROXY": "http://p.example:3128"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://p.example:3128", "NO_PROXY": "other.example"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "http://p.example:3128", "NO_PROXY": "web.example"}, ""),
        ({"HTTPS_PROXY": "http://p.example:3128", "no_proxy": ".example"}, ""),
        ({"HTTP_PROXY": "http://p.example:3128"}, ""),
        ({"HTTPS_PROXY": ""}, ""),
        ({}, ""),
    ],
)
def test_the_standard_variables(variables: dict[str, str], source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    proxy = route_of(WEB).proxy
    assert (proxy.source if proxy else "") == source
    assert proxy is None or (proxy.host, proxy.port) == ("p.example", 3128)
    assert route_of(WEB, proxy="").proxy is None
    assert route_of(WEB, connect_to=["::127.0.0.1:8443"]).proxy is None
    assert route_of(WEB, direct=True).proxy is None
    named = route_of(WEB, proxy="socks5h://s.example").proxy
    assert named is not None
    assert (named.source, str(named)) == ("--proxy", "socks5h://s.example:1080")


def test_a_variable_that_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://user:canary@p.example")
    with pytest.raises(NothingRan, match="HTTPS_PROXY requires the URL of a proxy") as caught:
        route_of(WEB)
    assert "canary" not in str(caught.value)


def test_where_a_route_begins_and_who_looks_names_up() -> None:
    straight = route_of(WEB, direct=True)
    assert (straight.first_hop, straight.resolves_here, straight.words) == (("web.example", 443), True, "")
    moved = route_of(WEB, connect_to=["::[::1]:8443"])
    assert (moved.first_hop, moved.words) == (("::1", 8443), "at [::1]:8443 (--connect-to)")
    proxied = route_of(WEB, proxy="http://u:canary@p.example:3128", connect_to=["web.example:443:b:"])
    assert proxied.first_hop == ("p.example", 3128)
    assert not proxied.resolves_here
    assert proxied.words == "at b:443 (--connect-to) through the proxy http://p.example:3128 (--proxy)"
    assert route_of(WEB, proxy="socks5://p.example").resolves_here
    assert "canary" not in repr(proxied) + str(proxied)


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://p.example:3128", "http://p.example:3128"),
        ("p.example:3128", "http://p.example:3128"),
        ("HTTP://P.example/", "http://p.example:80"),
        ("https://u:p@p.example", "https://p.example:443"),
        ("socks5h://[::1]:9", "socks5h://[::1]:9"),
        ("u:pass%40word@p.example:1", "http://p.example:1"),
    ],
)
def test_a_proxy_is_read(text: str, shown: str) -> None:
    assert str(read_proxy(text, "--proxy")) == shown


@pytest.mark.parametrize(
    "text",
    ["", "http://", "ftp://p.example", "socks4://p.example", "http://p:99999", "http://p:0", "http://u:canary/x@p.example",
     "http://u:12#canary@p.example", "http://u:1?canary@p", "http://u:canary@p.example/way", "http://u:can ary@p",
     "http://u:canary\r\n@p", "http://[::1", "://"],
)  # fmt: skip
def test_what_is_no_proxy_is_not_quoted(text: str) -> None:
    with pytest.raises(UsageError, match=r"--proxy requires the URL of a proxy") as caught:
        read_proxy(text, "--proxy")
    assert "canary" not in str(caught.value)


def test_socks_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    with pytest.raises(UsageError, match=r"PySocks is missing"):
        read_proxy("socks5h://u:canary@127.0.0.1:1080", "--proxy")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a:1:b:2", ConnectTo("a", 1, "b", 2)),
        ("::b:2", ConnectTo("", None, "b", 2)),
        ("a::b:", ConnectTo("a", None, "b", None)),
        ("a:::2", ConnectTo("a", None, "", 2)),
        ("[::1]:1:[fe80::1%eth0]:2", ConnectTo("::1", 1, "fe80::1%eth0", 2)),
    ],
)
def test_connect_to_is_read(text: str, read: ConnectTo) -> None:
    assert read_connect_to(text) == read


@pytest.mark.parametrize(
    "text",
    ["", "a", "b:2", "a:1:b", "a:1:b:x", "a:1:b:0", "a:99999:b:1", "a:1:b:2:3", "::1:1:b:2", "::: ", ":::", "a:1::"],
)
def test_what_is_no_connect_to(text: str) -> None:
    with pytest.raises(UsageError, match="--connect-to"):
        read_connect_to(text)


def test_the_first_that_holds_is_taken() -> None:
    route = route_of(WEB, connect_to=["web.example:444:a:1", "WEB.example:443:b:2", "::c:3"])
    assert route == Route("web.example", 443, "b", 2, None, moved=True)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("at http://u:p@h:1 and https://x:y@z", "at http://***@h:1 and https://***@z"),
        ("nothing@here //a/b@c", "nothing@here //a/b@c"),
    ],
)
def test_credentials_are_hidden(text: str, hidden: str) -> None:
    assert hide_credentials(text) == hidden


# -- on the command line ----------------------------------------------------------------------------------------------


def order_of(*arguments: str) -> Access:
    return make_plan(build_parser().parse_args(arguments), {}).settings.access


def test_the_options_say_how_to_reach_the_web_server() -> None:
    said = order_of("e", "--proxy", "socks5h://u:canary@p", "--connect-to", "::a:1", "--connect-to", "b:::2")
    assert (said.proxy, said.connect_to) == ("socks5h://u:canary@p", ("::a:1", "b:::2"))
    assert "canary" not in repr(said)
    assert order_of("e", "--proxy", "").proxy == ""
    assert (order_of("e").proxy, order_of("e").connect_to) == (None, ())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--proxy", "ftp://u:canary@p"),
        ("--connect-to", "x"),
        ("--local", "--proxy", "http://u:canary@p"),
        ("--local", "--connect-to", "::a:1"),
    ],
)
def test_options_that_make_no_sense(arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        order_of(*arguments)
    assert "canary" not in str(caught.value)


# -- who is there, and AWS --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", [{}, {"Connection": "close"}])
@pytest.mark.parametrize("body", [b"", b"a page"])
def test_a_web_server_is_greeted_without_a_token(
    double: Double, bundle: str, tunnel: Forwarder, headers: dict[str, str], body: bytes
) -> None:
    double.web.behave = lambda request: response(302, body, {"Date": "now", **headers})
    with closing(Transport([bundle], 60.0, connect_to=[f"::127.0.0.1:{tunnel.port}"])) as transport:
        peer = transport.greet(double.host)
    assert (peer.date, peer.tls[:5], bool(peer.issuer), bool(peer.expires)) == (
        "now",
        "TLSv1",
        True,
        True,
    )
    request = double.web.seen[0]
    assert (request.method, request.path, request.headers["host"]) == ("GET", "/", double.host)
    assert "authorization" not in request.headers


def test_a_stranger_is_not_greeted(double: Double, tunnel: Forwarder) -> None:
    with pytest.raises(NothingRan, match="could not be verified"):
        Transport([], 60.0, connect_to=[f"::127.0.0.1:{tunnel.port}"]).greet(double.host)
    assert double.web.seen == []


def test_aws_behind_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:canary@127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(NothingRan, match=r"the proxy in HTTPS_PROXY") as caught:
        MwaaApi(Access(region="eu-west-1", keys=AccessKey("AKIDEXAMPLE", "not-a-secret"))).names()
    assert "canary" not in str(caught.value)


def test_aws_knows_no_socks() -> None:
    error = ProxyConnectionError(proxy_url="http://socks5h://user:canary@127.0.0.1:9")
    told = str(translate(error, AwsCall("ListEnvironments"), AwsCaller(region="eu-west-1")))
    assert "boto3 cannot use the SOCKS proxy" in told
    assert "canary" not in told
