//! How long connections may take, in virtual time.

use super::connection::{Ends, talk};
use super::{FORGOTTEN, Heard, SILENT, Streams, UNWRITTEN};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;
use strowger::base::{Flow, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::{Instant, advance, sleep, timeout};

const OPTIONS: &[u8] = b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\n\r\n";

fn flow(port: u16) -> Flow {
    Flow::new(SocketAddr::from(([127, 0, 0, 1], port)), Transport::Tcp)
}

/// A connection: its far end, what it tells, and where what is written to it comes from.
fn connection(room: usize) -> (DuplexStream, mpsc::Receiver<Heard>, mpsc::Sender<Vec<u8>>) {
    let (near, far) = duplex(room);
    let (tell, heard) = mpsc::channel(8);
    let (out, queue) = mpsc::channel(UNWRITTEN);
    tokio::spawn(talk(Ends::new(flow(5060), 7, queue, tell), near));
    (far, heard, out)
}

/// When it is over, in seconds from now; `None` if it is not within so many.
async fn over(heard: &mut mpsc::Receiver<Heard>, within_s: u64) -> Option<f64> {
    let begun = Instant::now();
    let closed = async {
        loop {
            match heard.recv().await {
                Some(Heard::Closed(_, number)) => return assert_eq!(number, 7),
                Some(Heard::Message(..) | Heard::Came(..)) => {}
                None => panic!("its end was not told"),
            }
        }
    };
    timeout(Duration::from_secs(within_s), closed).await.ok().map(|()| begun.elapsed().as_secs_f64())
}

fn is_about(seconds: Option<f64>, expected: f64) -> bool {
    seconds.is_some_and(|seconds| (seconds - expected).abs() < 0.1)
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_cut_off_after_32_seconds() {
    let (_far, mut heard, _out) = connection(1_024);
    assert!(is_about(over(&mut heard, 100).await, 32.0));
}

#[tokio::test(start_paused = true)]
async fn who_says_an_octet_a_second_is_cut_off_after_32_seconds() {
    let (mut far, mut heard, _out) = connection(1_024);
    tokio::spawn(async move {
        for octet in OPTIONS.iter().chain(std::iter::repeat(&b'x')) {
            if far.write_all(&[*octet]).await.is_err() {
                return;
            }
            // 30 octets in as many seconds are the first message; what is behind it never ends.
            sleep(Duration::from_secs(1)).await;
        }
    });
    assert!(matches!(heard.recv().await, Some(Heard::Message(_, octets)) if octets == OPTIONS));
    let seconds = over(&mut heard, 100).await;
    assert!(is_about(seconds, 33.0), "{seconds:?}");
}

#[tokio::test(start_paused = true)]
async fn between_messages_there_is_no_limit_and_a_keep_alive_is_answered() {
    let (mut far, mut heard, _out) = connection(1_024);
    far.write_all(OPTIONS).await.unwrap();
    assert!(matches!(heard.recv().await, Some(Heard::Message(..))));
    assert_eq!(over(&mut heard, 100_000).await, None);
    far.write_all(b"\r\n\r\n").await.unwrap();
    let mut answer = [0; 2];
    far.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"\r\n");
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_is_cut_off_after_10_seconds() {
    let (mut far, mut heard, out) = connection(16);
    far.write_all(b"\r\n").await.unwrap();
    out.send(vec![b'a'; 17]).await.unwrap();
    assert!(is_about(over(&mut heard, 100).await, 10.0));
}

/// 10 minutes for strangers, two hours for those who have proved who they are.
#[tokio::test(start_paused = true)]
async fn silent_connections_are_cut_off() {
    let mut streams = Streams::new(IpAddr::V4(Ipv4Addr::LOCALHOST), None);
    for port in [1, 2] {
        let end = streams.enter(flow(port), false);
        let task = tokio::spawn(async move {
            let _end = end;
            std::future::pending::<()>().await;
        });
        streams.watch(flow(port), task.abort_handle());
    }
    streams.proved(flow(2));
    let mut left = Vec::new();
    let minute = Duration::from_secs(60);
    for after in [SILENT - minute, 2 * minute, FORGOTTEN - SILENT - 2 * minute, 2 * minute] {
        advance(after).await;
        streams.sweep();
        // Whoever is cut off says so.
        sleep(Duration::from_millis(1)).await;
        while let Some(heard) = streams.try_heard() {
            streams.sort(heard, |_| false);
        }
        let mut ports: Vec<u16> = streams.table.keys().map(|flow| flow.peer.port()).collect();
        ports.sort_unstable();
        left.push(ports);
    }
    assert_eq!(left, [vec![1, 2], vec![2], vec![2], vec![]]);
}
