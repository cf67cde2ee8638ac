//! Who plays the controller: one connection, frame by frame. It shares the codec with the set, whose octets unit tests hold to the
//! document; what it says and expects, each test decides.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use strowger_set::frames::{Actuation, Down, HEADER, Header, Hello, Token, Up};
use strowger_set::words::{How, Tone};
use strowger_set::{News, Options, Set};

/// How long anything may take that has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Where sets find it.
pub(crate) struct House(TcpListener);

impl House {
    pub(crate) fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("a port"))
    }

    pub(crate) fn address(&self) -> String {
        self.0.local_addr().expect("an address").to_string()
    }

    /// A set of 2001 that belongs here.
    pub(crate) fn options(&self) -> Options {
        Options {
            controller: self.address(),
            mac: [0, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e],
            set_type: "desk".into(),
            number: "2001".into(),
            pin: "4711".into(),
            ..Options::default()
        }
    }

    pub(crate) fn stream(&self) -> TcpStream {
        let stream = self.0.accept().expect("a connection").0;
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream
    }

    pub(crate) fn accept(&self) -> Controller<TcpStream> {
        Controller::new(self.stream())
    }

    /// A set that has said Hello, and its controller.
    pub(crate) fn begin(&self, options: Options) -> (Set, Controller<TcpStream>, Hello) {
        let set = Set::connect(options).expect("a connection");
        let mut controller = self.accept();
        let hello = controller.hello();
        (set, controller, hello)
    }

    /// A set that is registered, with everything that was news by then gone.
    pub(crate) fn registered(&self, heartbeat: u16) -> (Set, Controller<TcpStream>) {
        let (mut set, mut controller, _) = self.begin(self.options());
        controller.welcome(heartbeat);
        controller.say(&Down::Snapshot(Vec::new()));
        until(&mut set, |set, _| set.ready());
        assert!(matches!(controller.hear(), Up::Register { .. }));
        controller.registers(How::Known, TOKEN);
        controller.say(&Down::Snapshot(vec![Actuation::Tone(Tone::Confirmation)]));
        until(&mut set, |set, _| set.registered() && set.face().tone() == Tone::Confirmation);
        (set, controller)
    }
}

/// What `registered` hands out.
pub(crate) const TOKEN: Token = Token([0x5a; 16]);

pub(crate) struct Controller<S> {
    stream: S,
    said: u32,
    taken: u32,
    /// What the set acknowledged last.
    pub(crate) acknowledged: u32,
}

impl<S: Read + Write> Controller<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, said: 0, taken: 0, acknowledged: 0 }
    }

    pub(crate) fn say(&mut self, down: &Down) {
        self.raw(&Header::frame(down.kind(), self.said + 1, self.taken, &down.body()));
    }

    pub(crate) fn act(&mut self, actuation: Actuation) {
        self.say(&Down::Actuation(actuation));
    }

    /// What need not be a frame, and counts as one.
    pub(crate) fn raw(&mut self, octets: &[u8]) {
        self.said += 1;
        self.stream.write_all(octets).and_then(|()| self.stream.flush()).expect("a connection");
    }

    pub(crate) fn welcome(&mut self, heartbeat: u16) {
        self.say(&Down::Welcome { version: 1, heartbeat });
    }

    pub(crate) fn registers(&mut self, how: How, token: Token) {
        self.say(&Down::Registered { how, token, grace: 60, number: "2001".into(), name: "Zoë".into() });
    }

    /// The next frame, with its sequence as it has to be. Signs of life are not passed over.
    pub(crate) fn hear(&mut self) -> Up {
        let mut octets = [0; HEADER];
        self.stream.read_exact(&mut octets).expect("a frame");
        let header = Header::read(octets).expect("a header");
        assert_eq!(header.sequence, self.taken + 1, "the next one");
        assert!(header.acknowledged >= self.acknowledged && header.acknowledged <= self.said);
        let mut body = vec![0; header.length];
        self.stream.read_exact(&mut body).expect("a body");
        self.taken = header.sequence;
        self.acknowledged = header.acknowledged;
        Up::read(header.kind, &body).expect("a frame of a set")
    }

    pub(crate) fn hello(&mut self) -> Hello {
        match self.hear() {
            Up::Hello(hello) => hello,
            other => panic!("{other:?} before Hello"),
        }
    }

    /// Nothing comes any more.
    pub(crate) fn closed(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).expect("an end");
        assert_eq!(rest, []);
    }
}

/// Polls until something is so, and returns what was news meanwhile.
pub(crate) fn until(set: &mut Set, good: impl Fn(&Set, &[News]) -> bool) -> Vec<News> {
    let begun = Instant::now();
    let mut all = Vec::new();
    loop {
        all.extend(set.poll(Duration::from_millis(10)).expect("a poll"));
        if good(set, &all) {
            return all;
        }
        assert!(begun.elapsed() < PATIENCE, "{all:?}\n{:?}", set.face());
    }
}

/// The next news.
pub(crate) fn news(set: &mut Set) -> Vec<News> {
    until(set, |_, news| !news.is_empty())
}
