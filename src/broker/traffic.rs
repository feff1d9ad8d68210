//! x

use super::Publisher;

/// Placeholder until the traffic is merged.
pub async fn play(_publisher: Publisher, _seed: u64) {}
