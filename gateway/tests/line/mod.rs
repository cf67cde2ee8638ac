//! One end of a way to the gateway: a socket for datagrams, or a connection in clear or over TLS.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};

/// What is read from and written to.
pub(crate) trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

pub(crate) enum Line {
    Datagrams(UdpSocket),
    /// And what has come of a message that is not all there.
    Stream(Box<dyn Wire>, Vec<u8>),
}

impl Line {
    /// A socket of its own, and its address.
    pub(crate) fn datagrams() -> (Self, SocketAddr) {
        Self::datagrams_at("127.0.0.1:0")
    }

    /// The same at another address.
    pub(crate) fn datagrams_at(at: &str) -> (Self, SocketAddr) {
        let socket = UdpSocket::bind(at).unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        (Self::Datagrams(socket), address)
    }

    /// A connection, and the address of its end here.
    pub(crate) fn tcp(to: SocketAddr) -> (Self, SocketAddr) {
        let stream = TcpStream::connect(to).unwrap();
        let address = stream.local_addr().unwrap();
        stream.set_nonblocking(true).unwrap();
        (Self::Stream(Box::new(stream), Vec::new()), address)
    }

    /// The same over TLS, once the other side has proved who it is.
    pub(crate) fn tls(to: SocketAddr, tls: ClientConfig) -> std::io::Result<(Self, SocketAddr)> {
        let stream = TcpStream::connect(to)?;
        let address = stream.local_addr()?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let name = ServerName::try_from("pbx.example").unwrap();
        let session = ClientConnection::new(Arc::new(tls), name).map_err(std::io::Error::other)?;
        let mut stream = StreamOwned::new(session, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        stream.sock.set_nonblocking(true)?;
        Ok((Self::Stream(Box::new(stream), Vec::new()), address))
    }

    pub(crate) fn put(&mut self, to: SocketAddr, octets: &[u8]) {
        match self {
            Self::Datagrams(socket) => drop(socket.send_to(octets, to).unwrap()),
            Self::Stream(stream, _) => stream.write_all(octets).and_then(|()| stream.flush()).unwrap(),
        }
    }

    /// A message that has come, and where from if that is known.
    pub(crate) fn take(&mut self) -> Option<(Vec<u8>, Option<SocketAddr>)> {
        match self {
            Self::Datagrams(socket) => {
                let mut buffer = [0; 65_535];
                let (len, from) = socket.recv_from(&mut buffer).ok()?;
                Some((buffer[..len].to_vec(), Some(from)))
            }
            Self::Stream(stream, rest) => {
                let mut buffer = [0; 65_535];
                if let Ok(len) = stream.read(&mut buffer) {
                    rest.extend_from_slice(&buffer[..len]);
                }
                message(rest).map(|message| (message, None))
            }
        }
    }

    /// Everything that comes until the other side closes.
    pub(crate) fn all(&mut self) -> Vec<u8> {
        let Self::Stream(stream, rest) = self else { panic!("datagrams have no end") };
        let mut buffer = [0; 4_096];
        for _ in 0..1_000 {
            match stream.read(&mut buffer) {
                Ok(0) => return std::mem::take(rest),
                Ok(len) => rest.extend_from_slice(&buffer[..len]),
                Err(why) if why.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(5))
                }
                Err(_) => return std::mem::take(rest),
            }
        }
        panic!("the connection stays open: {}", String::from_utf8_lossy(rest));
    }
}

/// The first message of what has come, if it is all there: read by nobody's code but the test's own.
fn message(rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(rest).into_owned();
    let head = text.find("\r\n\r\n")? + 4;
    let length = text[..head].lines().find_map(|line| line.strip_prefix("Content-Length: "))?;
    let all = head + length.parse::<usize>().ok()?;
    (rest.len() >= all).then(|| rest.drain(..all).collect())
}

/// A client that trusts whom this file names, and shows a certificate if it has one.
pub(crate) fn trusting(ca: &Path, own: Option<(&Path, &Path)>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let chain = vec![CertificateDer::from_pem_file(certificate).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key).unwrap()).unwrap()
        }
    }
}

/// An authority and the certificates that it has signed, as files `NAME.pem` and `NAME.key` of a folder; its own is `ca.pem`.
pub(crate) fn authority(folder: &Path, names: &[(&str, &str)]) {
    std::fs::create_dir_all(folder).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).unwrap();
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    let issuer = rcgen::Issuer::new(params, key);
    for (file, name) in names {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new([(*name).to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        std::fs::write(folder.join(format!("{file}.pem")), certificate.pem()).unwrap();
        std::fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
    }
}
