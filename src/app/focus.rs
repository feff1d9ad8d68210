//! The region that receives keys.

/// The region that receives keys while no overlay is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The channel list.
    Channels,
    /// The message log.
    #[default]
    Messages,
    /// The open message.
    Message,
    /// The plot, in the open message's place.
    Plot,
    /// The publish box, on the channel's name.
    PublishChannel,
    /// The publish box, on the payload.
    PublishPayload,
}
