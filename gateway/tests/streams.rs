//! SIP over TCP and TLS: the real daemon on loopback, and peers with real connections.

mod desk;
mod line;

use desk::{Daemon, Desk, POLICY};
use line::{Line, authority, trusting};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;
use strowger::base::Transport;
use strowger_testkit::phone::Phone;

const OPTIONS: &str = "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";
const TCP: [&str; 2] = ["--sip-tcp", "127.0.0.1:0"];
const TLS: [&str; 6] = ["--sip-tls", "127.0.0.1:0", "--tls-cert", "tls/pbx.pem", "--tls-key", "tls/pbx.key"];

/// A daemon with a certificate for pbx.example, in a folder of its own.
fn daemon(folder: &Path, policy: &str, more: &[&str]) -> Daemon {
    authority(&folder.join("tls"), &[("pbx", "pbx.example"), ("phone", "phone.example")]);
    authority(&folder.join("others"), &[("phone", "phone.example"), ("carrier", "carrier.example")]);
    Daemon::start(folder, policy, more)
}

fn tls(folder: &Path) -> tokio_rustls::rustls::ClientConfig {
    trusting(&folder.join("tls/ca.pem"), None)
}

#[test]
fn rfc3261_18_phones_call_each_other_over_tcp_and_tls_and_are_gone_with_their_connections() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(folder.path(), POLICY, &[&TCP[..], &TLS[..]].concat());
    let over_tls = Line::tls(daemon.tls(), tls(folder.path())).unwrap();
    let lines = [(Line::tcp(daemon.tcp()), Transport::Tcp), (over_tls, Transport::Tls)];
    let mut desk = Desk::over(daemon.address, lines.map(|((line, own), transport)| (line, own, transport)));
    desk.register();
    for caller in [0, 1] {
        desk.act(caller, |phone, now| phone.call(now, if caller == 0 { "202" } else { "201" }));
        desk.until("they talk", |desk| desk.phones.iter().all(|(phone, _)| phone.calls_up() == 1));
        desk.act(caller, Phone::hang_up);
        desk.until("it is over", |desk| desk.phones.iter().all(|(phone, _)| phone.live_calls() == 0));
    }
    // The other one is called, and is not there.
    let gone = desk.phones.remove(1);
    drop(gone);
    daemon.until_said("202 is gone: its connection is closed");
    desk.act(0, |phone, now| phone.call(now, "202"));
    desk.until("nobody is there", |desk| desk.phones[0].0.live_calls() == 0);
    let response = String::from_utf8_lossy(desk.phones[0].0.last_response()).into_owned();
    assert!(response.starts_with("SIP/2.0 480"), "{response}");
    daemon.stop();
}

#[test]
fn phones_call_each_other_over_ipv6() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(folder.path(), POLICY, &["--sip-udp", "[::1]:0", "--sip-tcp", "[::1]:0"]);
    assert!(daemon.address.is_ipv6() && daemon.tcp().is_ipv6());
    let lines = [(Line::tcp(daemon.tcp()), Transport::Tcp), (Line::datagrams_at("[::1]:0"), Transport::Udp)];
    let mut desk = Desk::over(daemon.address, lines.map(|((line, own), transport)| (line, own, transport)));
    desk.play();
    daemon.stop();
}

#[test]
fn a_stream_is_read_octet_by_octet_and_keep_alives_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(folder.path(), POLICY, &TCP);
    let (mut line, _) = Line::tcp(daemon.tcp());
    let stream = format!("\r\n\r\n{OPTIONS}l: 3\r\n\r\nabc\r\n{OPTIONS}Content-Length: 0\r\n\r\n");
    for octet in stream.as_bytes() {
        line.put(daemon.tcp(), &[*octet]);
    }
    // Behind these nothing is believed.
    line.put(
        daemon.tcp(),
        format!("{OPTIONS}Content-Length: 0\r\nContent-Length: 9\r\n\r\n{OPTIONS}").as_bytes(),
    );
    let said = String::from_utf8(line.all()).unwrap();
    assert!(said.starts_with("\r\nSIP/2.0 200 OK\r\n"), "{said}");
    let answers: Vec<&str> = said.lines().filter(|line| line.starts_with("SIP/2.0")).collect();
    assert_eq!(answers, ["SIP/2.0 200 OK", "SIP/2.0 200 OK", "SIP/2.0 400 Bad Request"], "{said}");
    for (ending, status, warning) in [
        ("", "400", "Content-Length missing on a stream"),
        ("l: 9000\r\n", "513", "longer than this exchange takes"),
        ("l: 8192\r\n", "513", "longer than this exchange takes"),
        ("l: 99999999999999999999\r\n", "513", "longer than this exchange takes"),
        ("l: x\r\n", "400", "Content-Length"),
    ] {
        let (mut line, _) = Line::tcp(daemon.tcp());
        line.put(daemon.tcp(), format!("{OPTIONS}{ending}\r\n").as_bytes());
        let said = String::from_utf8(line.all()).unwrap();
        assert!(
            said.starts_with(&format!("SIP/2.0 {status}")) && said.contains(warning),
            "{ending:?}: {said}"
        );
    }
    let (mut line, _) = Line::tcp(daemon.tcp());
    line.put(daemon.tcp(), &[b'x'; 9_000]);
    assert_eq!(line.all(), b"", "what has no end in 8,192 octets is no message");
    daemon.stop();
}

#[test]
fn who_has_proved_nothing_has_few_connections() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = daemon(folder.path(), POLICY, &TCP);
    let mut lines: Vec<Line> = (0..64).map(|_| Line::tcp(daemon.tcp()).0).collect();
    let mut one_more = Line::tcp(daemon.tcp()).0;
    assert_eq!(one_more.all(), b"", "the 65th from one address is closed");
    // Those that are there are served, and whoever registers makes room.
    let asks = format!("{OPTIONS}l: 0\r\n\r\n");
    lines[63].put(daemon.tcp(), asks.as_bytes());
    while lines[63].take().is_none() {}
    lines.pop();
    let mut served = false;
    for _ in 0..100 {
        let (mut line, _) = Line::tcp(daemon.tcp());
        line.put(daemon.tcp(), asks.as_bytes());
        std::thread::sleep(Duration::from_millis(20));
        served |= line.take().is_some();
        if served {
            break;
        }
    }
    assert!(served, "a connection that is closed makes room");
    daemon.stop();
}

#[test]
fn tls_is_spoken_with_who_proves_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file);
    let mutual = [&TLS[..], &["--tls-client-ca", "tls/ca.pem"]].concat();
    let daemon = daemon(folder.path(), POLICY, &mutual);
    let speaks = |tls| {
        let Ok((mut line, _)) = Line::tls(daemon.tls(), tls) else { return false };
        let Line::Stream(stream, _) = &mut line else { unreachable!() };
        // In TLS 1.3 a client that is refused learns so when it reads.
        if stream.write_all(format!("{OPTIONS}l: 0\r\n\r\n").as_bytes()).is_err() {
            return false;
        }
        (0..400).any(|_| {
            std::thread::sleep(Duration::from_millis(5));
            line.take().is_some()
        })
    };
    let own = (path("tls/phone.pem"), path("tls/phone.key"));
    let others = (path("others/phone.pem"), path("others/phone.key"));
    assert!(speaks(trusting(&path("tls/ca.pem"), Some((&own.0, &own.1)))));
    assert!(!speaks(trusting(&path("tls/ca.pem"), None)), "without a certificate");
    assert!(!speaks(trusting(&path("tls/ca.pem"), Some((&others.0, &others.1)))), "with somebody else's");
    assert!(!speaks(trusting(&path("others/ca.pem"), Some((&own.0, &own.1)))), "who does not trust us");
    // Nor in clear.
    let (mut clear, _) = Line::tcp(daemon.tls());
    clear.put(daemon.tls(), format!("{OPTIONS}l: 0\r\n\r\n").as_bytes());
    let said = clear.all();
    assert!(!said.windows(3).any(|three| three == b"SIP"), "{}", String::from_utf8_lossy(&said));
    daemon.stop();
}

#[test]
fn files_of_tls_that_are_none_are_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    authority(&folder.path().join("tls"), &[("pbx", "pbx.example"), ("other", "pbx.example")]);
    std::fs::write(folder.path().join("tls/empty.pem"), "nothing").unwrap();
    for (certificate, key, said) in [
        ("tls/none.pem", "tls/pbx.key", "tls/none.pem: no certificate in PEM"),
        ("tls/empty.pem", "tls/pbx.key", "tls/empty.pem: no certificate in it"),
        ("tls/pbx.pem", "tls/empty.pem", "tls/empty.pem: no private key in PEM"),
        ("tls/pbx.pem", "tls/other.key", "do not belong together"),
    ] {
        let options = ["--sip-tls", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
        let output = desk::command(folder.path(), POLICY, &options).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(said) && !errors.contains("PRIVATE"), "{errors}");
    }
}

/// A listener that is a trunk, and the policy that names it.
fn trunk(transport: &str) -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at: SocketAddr = listener.local_addr().unwrap();
    let host = "host = \"127.0.0.1:5080\"";
    assert!(POLICY.contains(host));
    (listener, POLICY.replace(host, &format!("host = \"{at}\"\ntransport = \"{transport}\"")))
}

/// What comes first over a connection.
fn first(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut buffer = [0; 8_192];
    let len = stream.read(&mut buffer).unwrap_or(0);
    String::from_utf8_lossy(&buffer[..len]).into_owned()
}

#[test]
fn a_trunk_over_tcp_is_connected_to_and_a_call_fails_with_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (listener, policy) = trunk("tcp");
    let daemon = daemon(folder.path(), &policy, &TCP);
    let mut desk = Desk::new(daemon.address);
    desk.register();
    desk.act(0, |phone, now| phone.call(now, "95550123"));
    desk.until("it is on its way", |desk| desk.phones[0].0.last_response().starts_with(b"SIP/2.0 100"));
    let (mut stream, _) = listener.accept().unwrap();
    let invite = first(&mut stream);
    let begins = format!("INVITE sip:5550123@{};transport=tcp SIP/2.0\r\n", listener.local_addr().unwrap());
    assert!(invite.starts_with(&begins), "{invite}");
    assert!(invite.contains(&format!("Via: SIP/2.0/TCP {};", daemon.tcp())), "{invite}");
    assert!(invite.contains(&format!("Contact: <sip:{};transport=tcp>", daemon.tcp())), "{invite}");
    drop(stream);
    desk.until("it has failed", |desk| desk.phones[0].0.live_calls() == 0);
    let response = String::from_utf8_lossy(desk.phones[0].0.last_response()).into_owned();
    assert!(!response.starts_with("SIP/2.0 1") && !response.starts_with("SIP/2.0 2"), "{response}");
    // Nobody listens there any more.
    drop(listener);
    desk.act(0, |phone, now| phone.call(now, "95550123"));
    desk.until("it has failed at once", |desk| desk.phones[0].0.live_calls() == 0);
    daemon.until_said("no connection with tcp 127.0.0.1:");
    daemon.stop();
}

#[test]
fn a_trunk_over_tls_proves_who_it_is() {
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
    use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto::ring};
    let folder = tempfile::tempdir().unwrap();
    authority(&folder.path().join("trunks"), &[("right", "127.0.0.1"), ("wrong", "carrier.example")]);
    let (listener, policy) = trunk("tls");
    let trusted = [&TLS[..], &["--tls-ca", "trunks/ca.pem"]].concat();
    let daemon = daemon(folder.path(), &policy, &trusted);
    let mut desk = Desk::new(daemon.address);
    desk.register();
    for (name, talks) in [("trunks/wrong", false), ("others/carrier", false), ("trunks/right", true)] {
        let certificate = CertificateDer::from_pem_file(folder.path().join(format!("{name}.pem"))).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.path().join(format!("{name}.key"))).unwrap();
        let tls = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        desk.act(0, |phone, now| phone.call(now, "95550123"));
        desk.until("it is on its way", |desk| desk.phones[0].0.last_response().starts_with(b"SIP/2.0"));
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut stream = StreamOwned::new(ServerConnection::new(tls.into()).unwrap(), stream);
        let mut buffer = [0; 8_192];
        let len = stream.read(&mut buffer).unwrap_or(0);
        let invite = String::from_utf8_lossy(&buffer[..len]).into_owned();
        assert_eq!(invite.starts_with("INVITE sip:5550123@127.0.0.1"), talks, "{name}: {invite}");
        drop(stream);
        desk.until("it has failed", |desk| desk.phones[0].0.live_calls() == 0);
    }
    daemon.until_said("does not prove to be who it should");
    daemon.stop();
}
