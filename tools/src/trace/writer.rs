//! Writes a trace, line by line.

use super::answers::{Answer, blank};
use super::engine::{Input, Policy, Sizes, Took};
use super::format::{Header, Line, PolicyText, VERSION, base64, hex};
use super::inputs;
use super::outputs::{self, Shown};
use super::tokens::{Kind, Secrets};
use std::io::{self, Write};
use std::path::Path;
use strowger::base::{Crypto, Full, Instant};
use strowger::exchange::{Config, Exchange, Output};

/// A trace being written. [`Engine`](super::Engine) fills it.
pub struct Writer {
    to: Box<dyn Write>,
    secrets: Secrets,
    buffer: Vec<u8>,
    instance: u16,
    now: Instant,
    lines: u64,
    /// The line at hand.
    line: Option<Line>,
    /// What the clock showed last. Nobody looks at it but with the next input.
    clock: Option<Line>,
}

impl Writer {
    /// Writes to whatever takes octets.
    #[must_use]
    pub fn new(to: impl Write + 'static, secrets: Secrets) -> Self {
        Self {
            to: Box::new(to),
            secrets,
            buffer: Vec::new(),
            instance: 0,
            now: Instant(0),
            lines: 0,
            line: None,
            clock: None,
        }
    }

    /// Writes a new file that nobody else may read.
    ///
    /// # Errors
    /// What the system says; a file that is there already stays as it is.
    pub fn create(path: &Path, secrets: Secrets) -> io::Result<Self> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self::new(options.open(path)?, secrets))
    }

    /// The first line.
    pub(super) fn begin(
        &mut self,
        config: &Config,
        sizes: &Sizes,
        policy: Option<&Policy<'_>>,
        answers: &[Answer],
    ) {
        self.instance = config.instance.max(1);
        let redacted = self.secrets.kind == Kind::Redacted;
        let policy = policy.map(|policy| {
            let (image, keys) = policy.octets();
            PolicyText {
                hash: hex(policy.image.hash()),
                block: policy.image.is_block(),
                image: (!redacted).then(|| base64(image)),
                keyring: (!redacted && !keys.is_empty()).then(|| base64(&blank(keys))),
            }
        });
        let header = Header {
            strowger_trace: VERSION,
            engine: env!("CARGO_PKG_VERSION").to_owned(),
            redacted,
            instance: config.instance,
            address: config.address,
            reserved_calls: config.reserved_calls,
            sizes: *sizes,
            policy,
            answers: self.answers(answers),
        };
        self.put(&header);
    }

    /// An input that is about to be given.
    pub(super) fn input<C: Crypto>(&mut self, exchange: &Exchange<'_, C>, now: Instant, input: &Input<'_>) {
        self.close(true);
        self.now = now;
        let input = inputs::text(&self.shown(exchange), exchange, self.instance, input);
        let line =
            Line { n: 0, at: now.0, input, took: String::new(), answers: vec![], out: vec![], open: false };
        self.line = Some(line);
    }

    /// What became of it.
    pub(super) fn took(&mut self, took: &Result<Took, Full>, answers: &[Answer]) {
        let answers = self.answers(answers);
        if let Some(line) = &mut self.line {
            (line.took, line.answers) = (outputs::took(took), answers);
        }
    }

    /// An output of it, or that there are no more.
    pub(super) fn output<C: Crypto>(
        &mut self,
        exchange: &Exchange<'_, C>,
        output: Option<&Output>,
        octets: &[u8],
    ) {
        let Some(output) = output else { return self.close(false) };
        let text = self.shown(exchange).output(output, octets);
        if let Some(line) = &mut self.line {
            line.out.push(text);
        }
    }

    /// Hands what has been written to the file.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let written = self.to.write_all(&self.buffer).and_then(|()| self.to.flush());
        self.buffer.clear();
        written
    }

    /// Ends the trace.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.close(true);
        self.put_clock();
        self.flush()
    }

    fn shown<'a, C: Crypto>(&'a self, exchange: &'a Exchange<'_, C>) -> Shown<'a> {
        Shown { secrets: &self.secrets, image: exchange.image(), mode: exchange.mode(self.now) }
    }

    fn answers(&self, answers: &[Answer]) -> Vec<String> {
        match self.secrets.kind {
            Kind::Redacted => Vec::new(),
            Kind::None | Kind::Tokens => answers.iter().map(Answer::text).collect(),
        }
    }

    /// Writes the line at hand. `open`: there may be outputs that nobody has taken.
    fn close(&mut self, open: bool) {
        let Some(mut line) = self.line.take() else { return };
        if matches!(line.input, super::format::InputText::Wall { .. }) && line.out.is_empty() {
            line.open = true;
            self.clock = Some(line);
            return;
        }
        line.open = open;
        self.put_clock();
        self.put_line(line);
    }

    fn put_clock(&mut self) {
        if let Some(clock) = self.clock.take() {
            self.put_line(clock);
        }
    }

    fn put_line(&mut self, mut line: Line) {
        self.lines += 1;
        line.n = self.lines;
        self.put(&line);
    }

    fn put(&mut self, value: &impl serde::Serialize) {
        // Into memory, and of plain values: it cannot fail.
        let _ = serde_json::to_writer(&mut self.buffer, value);
        self.buffer.push(b'\n');
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("lines", &self.lines).finish_non_exhaustive()
    }
}
