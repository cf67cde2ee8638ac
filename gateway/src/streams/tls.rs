//! TLS by rustls: who we are, and whom we trust.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// Files in PEM.
#[derive(Clone, Debug, Default)]
pub(crate) struct Files {
    /// Our certificate, and those between it and who is trusted.
    pub(crate) certificate: Option<PathBuf>,
    /// Its key.
    pub(crate) key: Option<PathBuf>,
    /// Whose certificates of phones are asked for and trusted; absent: phones need none.
    pub(crate) client_ca: Option<PathBuf>,
    /// Whose certificates of trunks are trusted; absent: there are no trunks over TLS.
    pub(crate) ca: Option<PathBuf>,
}

/// What TLS needs, read once.
pub(crate) struct Tls {
    server: Arc<ServerConfig>,
    client: Option<Arc<ClientConfig>>,
}

impl Tls {
    /// Reads the files; a sentence for what is wrong with them. None of them has what may be printed.
    pub(crate) fn load(files: &Files) -> Result<Option<Self>, String> {
        let (Some(certificate), Some(key)) = (&files.certificate, &files.key) else { return Ok(None) };
        let provider = Arc::new(ring::default_provider());
        let chain = certificates(certificate)?;
        let secret = PrivateKeyDer::from_pem_file(key)
            .map_err(|why| format!("{}: no private key in PEM: {why}", key.display()))?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|why| format!("TLS: {why}"))?;
        let builder = match &files.client_ca {
            None => builder.with_no_client_auth(),
            Some(ca) => {
                let trusted = Arc::new(roots(ca)?);
                let verifier = WebPkiClientVerifier::builder_with_provider(trusted, Arc::clone(&provider));
                builder.with_client_cert_verifier(
                    verifier.build().map_err(|why| format!("{}: {why}", ca.display()))?,
                )
            }
        };
        let server = builder.with_single_cert(chain, secret).map_err(|why| {
            format!("{} and {} do not belong together: {why}", certificate.display(), key.display())
        })?;
        let client = files.ca.as_deref().map(|ca| client(ca, &provider, certificate, key)).transpose()?;
        Ok(Some(Self { server: Arc::new(server), client: client.map(Arc::new) }))
    }

    /// For those who connect to us.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.server))
    }

    /// For those we connect to: they must prove to be `name`.
    pub(super) fn connector(&self, name: &str) -> Result<(TlsConnector, ServerName<'static>), String> {
        let client = self.client.as_ref().ok_or("no --tls-ca says whom to trust")?;
        let name = ServerName::try_from(name.to_owned()).map_err(|_| format!("{name} is no name"))?;
        Ok((TlsConnector::from(Arc::clone(client)), name))
    }
}

/// As a client we show the same certificate, to whoever asks.
fn client(
    ca: &Path,
    provider: &Arc<CryptoProvider>,
    certificate: &Path,
    key: &Path,
) -> Result<ClientConfig, String> {
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| format!("{}: {why}", key.display()))?;
    ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS: {why}"))?
        .with_root_certificates(roots(ca)?)
        .with_client_auth_cert(certificates(certificate)?, secret)
        .map_err(|why| format!("{}: {why}", certificate.display()))
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for one in certificates(file)? {
        roots.add(one).map_err(|why| format!("{}: {why}", file.display()))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let wrong = |why| format!("{}: no certificate in PEM: {why}", file.display());
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(wrong)?.collect();
    let found = found.map_err(wrong)?;
    if found.is_empty() {
        return Err(format!("{}: no certificate in it; expected PEM, BEGIN CERTIFICATE", file.display()));
    }
    Ok(found)
}
