//! Breadth first through all worlds, so that the first counterexample is a shortest one.
//!
//! Of a world only 128 bits are kept, how it came about, and from which: to go on from it, it is made again from the
//! first. Worlds that are visited one after the other mostly come of the same, so few steps are made twice.

use super::abstraction::Abstraction;
use super::actions::Action;
use super::liveness::Violation;
use super::report::Pairs;
use super::world::{Heard, World};
use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// How a search ended.
pub(super) struct Searched {
    pub(super) states: u64,
    pub(super) transitions: u64,
    pub(super) depth: usize,
    /// Every world within the bounds was visited.
    pub(super) closed: bool,
    /// A shortest way to something that must not be.
    pub(super) found: Option<(Vec<Action>, Violation)>,
    pub(super) pairs: Pairs,
    /// Worlds beyond the bounds, judged and not followed.
    pub(super) beyond: u64,
}

/// A world as it is kept: the number of the one it came of, and what happened.
#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    action: Action,
}

/// Two hashes at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Twin(u64, u64);

impl Twin {
    pub(super) const NEW: Self = Self(0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344);

    fn mix(&mut self, word: u64) {
        let fold = |a: u64, b: u64| {
            let wide = u128::from(a) * u128::from(b);
            (wide as u64) ^ (wide >> 64) as u64
        };
        self.0 = fold(self.0 ^ word, 0x9E37_79B9_7F4A_7C15);
        self.1 =
            fold(self.1.rotate_left(29) ^ word, 0xD6E8_FEB8_6659_FD93).wrapping_add(0xA409_3822_299F_31D0);
    }

    pub(super) fn both(mut self) -> u128 {
        self.mix(0x082E_FA98_EC4E_6C89);
        u128::from(self.0) << 64 | u128::from(self.1)
    }
}

impl Hasher for Twin {
    fn finish(&self) -> u64 {
        self.0 ^ self.1.rotate_left(32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, i: u8) {
        self.mix(i.into());
    }

    fn write_u16(&mut self, i: u16) {
        self.mix(i.into());
    }

    fn write_u32(&mut self, i: u32) {
        self.mix(i.into());
    }

    fn write_u64(&mut self, i: u64) {
        self.mix(i);
    }

    fn write_usize(&mut self, i: usize) {
        self.mix(i as u64);
    }
}

/// The hash of what is a hash already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut word = [0; 8];
        let count = bytes.len().min(8);
        word[..count].copy_from_slice(&bytes[..count]);
        self.0 = u64::from_le_bytes(word);
    }

    fn write_u128(&mut self, i: u128) {
        self.0 = i as u64;
    }
}

const SHARDS: usize = 64;
type Shard = HashSet<u128, BuildHasherDefault<Same>>;

/// What all threads share.
struct Shared<'a> {
    all: &'a Abstraction,
    nodes: &'a [Node],
    layer: std::ops::Range<usize>,
    next: AtomicUsize,
    seen: &'a [Mutex<Shard>],
    states: &'a AtomicU64,
    most: u64,
    spent: &'a AtomicBool,
}

/// What one thread brings from a layer.
#[derive(Default)]
struct Brought {
    nodes: Vec<Node>,
    found: Vec<(u32, Action, Violation)>,
    pairs: Pairs,
    transitions: u64,
    beyond: u64,
}

/// A thread's worlds: those on the way to the one that it looks at, one for each step.
struct Walker {
    path: Vec<(u32, World)>,
    spare: Vec<World>,
    next: Option<World>,
    heard: Heard,
    actions: Vec<Action>,
    wanted: Vec<u32>,
}

/// Worlds taken from a layer at once.
const BATCH: usize = 64;
const ROOT: u32 = 0;

/// Searches until everything is visited, something is found, or the budget is spent.
pub(super) fn search(
    all: &Abstraction,
    most: u64,
    threads: usize,
    progress: &mut dyn FnMut(u64, usize, usize),
) -> Searched {
    let seen: Vec<Mutex<Shard>> = (0..SHARDS).map(|_| Mutex::new(Shard::default())).collect();
    let (states, spent) = (AtomicU64::new(1), AtomicBool::new(false));
    let first = World::new(all);
    let mut twin = Twin::NEW;
    first.tell(all, &mut twin);
    insert(&seen, twin.both());
    let mut walkers: Vec<Walker> = (0..threads.max(1)).map(|_| Walker::new(all, &first)).collect();
    let mut nodes = vec![Node { parent: ROOT, action: Action::Mode { mode: 0 } }];
    let mut searched = Searched {
        states: 1,
        transitions: 0,
        depth: 0,
        closed: false,
        found: None,
        pairs: Pairs::default(),
        beyond: 0,
    };
    let mut layer = 0..1;
    while !layer.is_empty() {
        let shared = Shared {
            all,
            nodes: &nodes,
            next: AtomicUsize::new(layer.start),
            layer: layer.clone(),
            seen: &seen,
            states: &states,
            most,
            spent: &spent,
        };
        let brought: Vec<Brought> = std::thread::scope(|scope| {
            let shared = &shared;
            let running: Vec<_> =
                walkers.iter_mut().map(|walker| scope.spawn(move || walker.layer(shared))).collect();
            running.into_iter().filter_map(|one| one.join().ok()).collect()
        });
        let mut found = Vec::new();
        for one in brought {
            nodes.extend(one.nodes);
            found.extend(one.found);
            searched.pairs.merge(&one.pairs);
            searched.transitions += one.transitions;
            searched.beyond += one.beyond;
        }
        searched.states = states.load(Ordering::Relaxed);
        searched.depth += 1;
        // Of several as short the same is shown every time.
        let shown = found.into_iter().map(|(parent, action, why)| (why, path(&nodes, parent, action)));
        if let Some((why, path)) = shown.min() {
            searched.found = Some((path, why));
            return searched;
        }
        layer = layer.end..nodes.len();
        progress(searched.states, searched.depth, layer.len());
        if spent.load(Ordering::Relaxed) {
            return searched;
        }
    }
    searched.closed = true;
    searched
}

fn insert(seen: &[Mutex<Shard>], key: u128) -> bool {
    let shard = &seen[(key >> 120) as usize % SHARDS];
    shard.lock().is_ok_and(|mut shard| shard.insert(key))
}

fn path(nodes: &[Node], mut at: u32, last: Action) -> Vec<Action> {
    let mut actions = vec![last];
    while at != ROOT {
        let node = nodes[at as usize];
        actions.push(node.action);
        at = node.parent;
    }
    actions.reverse();
    actions
}

impl Walker {
    fn new(all: &Abstraction, first: &World) -> Self {
        Self {
            path: vec![(ROOT, first.copy(all))],
            spare: Vec::new(),
            next: Some(first.copy(all)),
            heard: Heard::default(),
            actions: Vec::new(),
            wanted: Vec::new(),
        }
    }

    fn layer(&mut self, shared: &Shared<'_>) -> Brought {
        let mut brought = Brought::default();
        loop {
            let from = shared.next.fetch_add(BATCH, Ordering::Relaxed);
            if from >= shared.layer.end || shared.spent.load(Ordering::Relaxed) {
                return brought;
            }
            for at in from..(from + BATCH).min(shared.layer.end) {
                self.reach(shared, at as u32);
                self.expand(shared, at as u32, &mut brought);
            }
        }
    }

    /// Makes a world again.
    fn reach(&mut self, shared: &Shared<'_>, at: u32) {
        self.wanted.clear();
        let mut node = at;
        while node != ROOT {
            self.wanted.push(node);
            node = shared.nodes[node as usize].parent;
        }
        self.wanted.reverse();
        let common =
            self.path[1..].iter().zip(&self.wanted).take_while(|((one, _), two)| one == *two).count();
        while self.path.len() > common + 1 {
            if let Some((_, world)) = self.path.pop() {
                self.spare.push(world);
            }
        }
        for step in common..self.wanted.len() {
            let node = self.wanted[step];
            let last = &self.path[self.path.len() - 1].1;
            let mut world = match self.spare.pop() {
                Some(spare) => spare.become_like(last),
                None => last.copy(shared.all),
            };
            world.apply(shared.all, shared.nodes[node as usize].action, &mut self.heard);
            self.path.push((node, world));
        }
    }

    /// Everything that can happen in the world that was reached.
    fn expand(&mut self, shared: &Shared<'_>, at: u32, brought: &mut Brought) {
        let all = shared.all;
        let mut actions = std::mem::take(&mut self.actions);
        let world = &self.path[self.path.len() - 1].1;
        world.actions(all, &mut actions);
        for action in &actions {
            brought.pairs.note(world, *action);
            let mut next = match self.next.take() {
                Some(next) => next.become_like(world),
                None => world.copy(all),
            };
            next.apply(all, *action, &mut self.heard);
            brought.transitions += 1;
            if let Some(why) = next.violation(all, *action, &self.heard) {
                brought.found.push((at, *action, why));
            } else if !next.is_within(all) {
                brought.beyond += 1;
            } else {
                let mut twin = Twin::NEW;
                next.tell(all, &mut twin);
                if insert(shared.seen, twin.both()) {
                    brought.nodes.push(Node { parent: at, action: *action });
                    if shared.states.fetch_add(1, Ordering::Relaxed) + 1 >= shared.most {
                        shared.spent.store(true, Ordering::Relaxed);
                    }
                }
            }
            self.next = Some(next);
        }
        self.actions = actions;
    }
}
