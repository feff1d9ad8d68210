//! Descriptors of message types, reduced to the parts that decoding needs.

use prost_reflect::prost::{DecodeError, Message};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, MessageOptions,
};

/// Reads a descriptor set and drops the parts that do not affect how messages are decoded:
/// services, options, defaults, oneofs. These need not be valid. Files of every syntax are
/// accepted, including editions: whatever a file prescribes, the decoder accepts numbers whether or
/// not they are packed, and messages whether or not they are groups.
pub(super) fn plain(bytes: &[u8]) -> Result<FileDescriptorSet, DecodeError> {
    let set = FileDescriptorSet::decode(bytes)?;
    Ok(FileDescriptorSet {
        file: set.file.into_iter().map(file).collect(),
    })
}

fn file(file: FileDescriptorProto) -> FileDescriptorProto {
    FileDescriptorProto {
        name: file.name,
        package: file.package,
        dependency: file.dependency,
        public_dependency: file.public_dependency,
        message_type: file.message_type.into_iter().map(message).collect(),
        enum_type: file.enum_type.into_iter().map(enumeration).collect(),
        extension: file.extension.into_iter().map(field).collect(),
        ..Default::default()
    }
}

fn message(message_type: DescriptorProto) -> DescriptorProto {
    let nested = message_type.nested_type.into_iter();
    let enums = message_type.enum_type.into_iter();
    let mut extension_range = message_type.extension_range;
    for range in &mut extension_range {
        range.options = None;
    }
    let map_entry = message_type.options.and_then(|options| options.map_entry);
    DescriptorProto {
        name: message_type.name,
        field: message_type.field.into_iter().map(field).collect(),
        extension: message_type.extension.into_iter().map(field).collect(),
        nested_type: nested.map(message).collect(),
        enum_type: enums.map(enumeration).collect(),
        extension_range,
        options: map_entry.map(|map_entry| MessageOptions {
            map_entry: Some(map_entry),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn enumeration(values: EnumDescriptorProto) -> EnumDescriptorProto {
    let allow_alias = values.options.and_then(|options| options.allow_alias);
    let mut value = values.value;
    for value in &mut value {
        value.options = None;
    }
    EnumDescriptorProto {
        name: values.name,
        value,
        options: allow_alias.map(|allow_alias| EnumOptions {
            allow_alias: Some(allow_alias),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn field(field: FieldDescriptorProto) -> FieldDescriptorProto {
    FieldDescriptorProto {
        default_value: None,
        oneof_index: None,
        options: None,
        proto3_optional: None,
        ..field
    }
}
