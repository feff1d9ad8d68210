//! `subscope demo`: the same screen on the embedded broker.

use subscope::broker::{Broker, Settings, traffic};
use subscope::message::{Notice, Topic};
use subscope::server::Endpoint;

use super::job;
use crate::cli::Demo;
use crate::host::{Failure, screen};

/// Plays sample traffic and watches it until the user quits. Returns the exit code.
pub async fn run(demo: Demo) -> Result<u8, Failure> {
    let broker = Broker::start(Settings::default())
        .await
        .map_err(|error| Failure::other(format!("cannot start the demo's broker: {error}")))?;
    let address = broker.address();
    let endpoint = Endpoint::parse(&format!("redis://{address}")).map_err(Failure::other)?;
    let mut job = job(demo.screen, endpoint.into(), None)?;
    job.settings.note = format!("join in: redis-cli -p {}", address.port());
    job.topics = vec![Topic::pattern(b"*")];
    let refused = broker.refused_library();
    job.notice = Some(Box::pin(async { refused.await.map(Notice::Resp3Refused) }));
    let playing = tokio::spawn(traffic::play(broker.publisher(), demo.seed));
    let result = screen::run(job).await;
    playing.abort();
    broker.stop().await;
    result
}
