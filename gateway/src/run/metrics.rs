//! What is counted, as Prometheus reads it. The names are an interface: `docs/operating.md` lists them.

use super::Daemon;
use crate::alarms::Kind;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use strowger::registration::client::Standing;

/// A registry of one moment: everything is counted elsewhere, and copied here when somebody asks.
struct Metrics(Registry);

/// The labels of a metric.
type Labels = Vec<(&'static str, String)>;

impl Metrics {
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        let counter = Counter::<u64>::default();
        counter.inc_by(value);
        self.0.register(name, help, counter);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl TryInto<i64>) {
        let gauge = Gauge::<i64>::default();
        gauge.set(value.try_into().unwrap_or(i64::MAX));
        self.0.register(name, help, gauge);
    }

    fn counters(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, u64)>) {
        let family = Family::<Labels, Counter<u64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
        }
        self.0.register(name, help, family);
    }

    fn gauges(&mut self, name: &str, help: &str, values: impl IntoIterator<Item = (Labels, i64)>) {
        let family = Family::<Labels, Gauge<i64>>::default();
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }
}

impl Daemon {
    /// Everything that is counted.
    pub(super) fn metrics(&self) -> String {
        let mut all = Metrics(Registry::with_prefix("strowger"));
        self.of_process(&mut all);
        self.of_messages(&mut all);
        self.of_calls(&mut all);
        self.of_trunks(&mut all);
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &all.0);
        text
    }

    fn of_process(&self, all: &mut Metrics) {
        let hash = crate::engine::hex(self.image.hash());
        all.gauges(
            "build_info",
            "The version of the gateway",
            [(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1)],
        );
        all.gauges("policy_info", "The hash of the policy in force", [(vec![("hash", hash)], 1)]);
        all.gauge("uptime_seconds", "Seconds since the gateway was started", self.begin.elapsed().as_secs());
        let mode = self.engine.mode(self.now()).name();
        all.gauges(
            "service_mode",
            "1 of the service mode in force",
            ["day", "night1", "night2"]
                .map(|name| (vec![("mode", name.to_owned())], i64::from(name == mode))),
        );
        let of_kind = |kind: Kind| (vec![("kind", kind.name().to_owned())], self.alarms.count(kind));
        all.counters("alarms", "Alarms raised", Kind::ALL.map(of_kind));
        let (waiting, lost) = self.data.behind();
        all.gauge("records_waiting", "Lines of records that the disk has not taken yet", waiting as u64);
        all.counter("records_lost", "Lines of records that are lost: too many waited for the disk", lost);
    }

    fn of_messages(&self, all: &mut Metrics) {
        let counted = self.engine.statistics();
        all.counter("messages_received", "SIP messages that were looked at", counted.received);
        all.counter("messages_malformed", "Messages that could not be read", counted.malformed);
        all.counter("messages_dropped", "Messages dropped for want of room", counted.dropped);
        all.counter("messages_oversized", "Messages not sent for their length", counted.oversized);
        all.counter("messages_unsent", "Datagrams that the network did not take", self.unsent);
        all.counter("requests_congested", "Requests refused with 503 for want of room", counted.congested);
        all.counter("challenges", "Challenges given", counted.challenged);
        all.counter("unauthorised", "Wrong answers to challenges", counted.unauthorised);
        let (free, pages) = self.engine.pages();
        all.gauge("pages", "Pages of stored text", pages as u64);
        all.gauge("pages_free", "Pages of stored text that are free", free as u64);
        all.gauge("transactions", "SIP transactions", self.engine.transactions_in_use());
    }

    fn of_calls(&self, all: &mut Metrics) {
        let counted = self.engine.statistics();
        all.counter("calls_permitted", "Calls that policy has permitted", counted.permitted);
        all.counter("attempts_denied", "Attempts that policy has denied", counted.denied);
        let by_rule =
            self.denied_by_rule.iter().map(|(rule, count)| (vec![("rule", (*rule).to_owned())], *count));
        all.counters("denied_by_rule", "Attempts denied, by rule", by_rule);
        all.counter("records", "Call records written", self.records);
        all.counter("emergency_calls", "Calls for help", self.alarms.count(Kind::Emergency));
        all.gauge("calls", "Calls up or being set up", self.engine.calls_in_use());
        let preserved = self.preserved.len() as u64;
        all.gauge("calls_preserved", "Calls that were up before a restart, and can be hung up", preserved);
        all.gauge("devices", "Phones of the policy", self.image.phones() as u64);
        all.gauge("devices_registered", "Phones that are registered", self.registered());
        let sets = self.sets.live.len() as u64;
        all.gauge("sets", "Sets that are there, or whose calls outlive their connection", sets);
    }

    fn of_trunks(&self, all: &mut Metrics) {
        let named = |trunk: &u16| {
            let row = self.image.trunks().get(usize::from(*trunk)).unwrap_or_default();
            vec![("trunk", self.image.text(row.name).to_owned())]
        };
        let trunks = || 0..u16::try_from(self.image.trunks().len()).unwrap_or(u16::MAX);
        let calls = trunks().map(|trunk| (named(&trunk), i64::from(self.engine.channels_in_use(trunk))));
        all.gauges("trunk_calls", "Calls over a trunk", calls.collect::<Vec<_>>());
        let stands = |(trunk, standing): (&u16, &Standing)| {
            (named(trunk), i64::from(matches!(standing, Standing::Registered { .. })))
        };
        all.gauges(
            "trunk_registered",
            "1: registered at the carrier",
            self.standings.iter().map(stands).collect::<Vec<_>>(),
        );
        let up = self.canaries.iter().map(|(trunk, canary)| (named(trunk), i64::from(canary.is_up())));
        all.gauges(
            "emergency_route_up",
            "1: the trunk by which help is called answers",
            up.collect::<Vec<_>>(),
        );
        let age = self.canaries.iter().map(|(trunk, canary)| {
            (named(trunk), canary.age_s().map_or(-1, |age| i64::try_from(age).unwrap_or(i64::MAX)))
        });
        all.gauges(
            "emergency_route_age_seconds",
            "Since when it has answered last; -1: it never has",
            age.collect::<Vec<_>>(),
        );
    }
}
