//! Times, for people; CI looks at instruction counts (`ci/counts.sh`), which do not depend on the neighbours.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use strowger::base::Instant;
use strowger_benches::{calls, policies};

fn parsing(criterion: &mut Criterion) {
    for (name, bytes) in
        [("INVITE with SDP", strowger_benches::invite()), ("REGISTER", strowger_benches::register())]
    {
        criterion.bench_function(&format!("parse {name}"), |bencher| {
            bencher.iter(|| strowger_benches::parse_measured(black_box(&bytes)));
        });
    }
}

fn deciding(criterion: &mut Criterion) {
    for rows in [10, 1_000, 100_000] {
        let compiled = policies::compile(rows);
        let image = policies::load(&compiled.image);
        for (question, dialed) in policies::QUESTIONS {
            criterion.bench_function(&format!("decide {question}, {rows} rows and devices"), |bencher| {
                bencher.iter(|| policies::decide_measured(&image, black_box(dialed)));
            });
        }
    }
}

fn calling(criterion: &mut Criterion) {
    let compiled = calls::policy();
    let mut memory = Box::new(calls::Memory::new());
    let mut engine = calls::engine(&mut memory, &compiled);
    criterion.bench_function("call by neutral signals", |bencher| {
        bencher.iter(|| calls::neutral_call_measured(&mut engine, Instant(1)));
    });
    let recorded = calls::record(10);
    criterion.bench_function("2 registrations and 10 calls by SIP", |bencher| {
        bencher.iter_batched_ref(
            || Box::new(calls::Memory::new()),
            |memory| calls::play_measured(&mut calls::engine(memory, &compiled), &recorded.inputs),
            criterion::BatchSize::LargeInput,
        );
    });
}

criterion_group!(benches, parsing, deciding, calling);
criterion_main!(benches);
