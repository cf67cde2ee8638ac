//! `strowger-gateway demo`: the gateway itself, an embedded policy, and simulated phones on real loopback sockets.

mod scenes;
mod set;
mod world;

use crate::engine;
use world::World;

const POLICY: &str = include_str!("policy.toml");

/// Plays every scene. True if each had the expected outcome.
pub(crate) fn demo() -> Result<bool, String> {
    let compiled = strowger_tools::compile_str(POLICY, "demo/policy.toml").map_err(|findings| {
        let texts: Vec<String> = findings.iter().map(ToString::to_string).collect();
        format!("the embedded policy does not compile: {}", texts.join("; "))
    })?;
    let policy = engine::adopt(compiled.image, compiled.keyring)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|why| format!("no runtime: {why}"))?;
    runtime.block_on(async {
        let mut world = World::new(&policy)?;
        let mut all_as_expected = true;
        for scene in scenes::SCENES {
            let outcome = world.play(scene).await;
            all_as_expected &= outcome;
        }
        world.listen_for_sets().await?;
        for scene in scenes::SET_SCENES {
            all_as_expected &= world.play_set(scene).await;
        }
        world.close();
        println!(
            "{}",
            if all_as_expected {
                "Every outcome was the expected one."
            } else {
                "An outcome was not the expected one: see above."
            }
        );
        Ok(all_as_expected)
    })
}
