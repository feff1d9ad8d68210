//! Descriptors of message types, reduced to the parts that decoding needs.

use prost_reflect::prost::{DecodeError, Message};
use prost_reflect::prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, FieldDescriptorProto, FileDescriptorSet,
    MessageOptions,
};

/// Reads a descriptor set and drops the parts that do not affect how messages are decoded:
/// services, options, defaults, oneofs. These need not be valid. Files of every syntax are
/// accepted, including editions: whatever encoding a file prescribes, the decoder accepts both
/// packed and unpacked numbers, and messages with or without group encoding.
pub(super) fn plain(bytes: &[u8]) -> Result<FileDescriptorSet, DecodeError> {
    let mut set = FileDescriptorSet::decode(bytes)?;
    for file in &mut set.file {
        file.message_type.iter_mut().for_each(reduce_message);
        file.enum_type.iter_mut().for_each(reduce_enum);
        file.extension.iter_mut().for_each(reduce_field);
        file.weak_dependency.clear();
        file.service.clear();
        (file.options, file.source_code_info, file.syntax) = (None, None, None);
    }
    Ok(set)
}

fn reduce_message(message: &mut DescriptorProto) {
    message.field.iter_mut().for_each(reduce_field);
    message.extension.iter_mut().for_each(reduce_field);
    message.nested_type.iter_mut().for_each(reduce_message);
    message.enum_type.iter_mut().for_each(reduce_enum);
    for range in &mut message.extension_range {
        range.options = None;
    }
    message.oneof_decl.clear();
    message.reserved_range.clear();
    message.reserved_name.clear();
    let options = message.options.take();
    let map_entry = options.and_then(|options| options.map_entry);
    message.options = map_entry.map(|map_entry| MessageOptions {
        map_entry: Some(map_entry),
        ..Default::default()
    });
}

fn reduce_enum(values: &mut EnumDescriptorProto) {
    for value in &mut values.value {
        value.options = None;
    }
    values.reserved_range.clear();
    values.reserved_name.clear();
    let options = values.options.take();
    let allow_alias = options.and_then(|options| options.allow_alias);
    values.options = allow_alias.map(|allow_alias| EnumOptions {
        allow_alias: Some(allow_alias),
        ..Default::default()
    });
}

fn reduce_field(field: &mut FieldDescriptorProto) {
    (field.default_value, field.oneof_index) = (None, None);
    (field.options, field.proto3_optional) = (None, None);
}
