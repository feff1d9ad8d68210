//! The region that receives keys.

/// The region that receives keys while no overlay is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The channel list.
    Channels,
    /// The message log.
    #[default]
    Messages,
    /// The chips above the message log.
    Chips,
    /// The open message.
    Message,
    /// The plot, in the open message's place.
    Plot,
    /// The channel's name in the publish box.
    PublishChannel,
    /// The payload in the publish box.
    PublishPayload,
}

impl Focus {
    /// Returns whether keys go to the publish box.
    pub fn is_in_box(self) -> bool {
        matches!(self, Self::PublishChannel | Self::PublishPayload)
    }

    /// Returns whether keys go to the open message, or to the plot in its place.
    pub fn is_beside_log(self) -> bool {
        matches!(self, Self::Message | Self::Plot)
    }
}
