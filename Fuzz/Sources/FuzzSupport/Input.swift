// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// The input at the very end of a buffer's memory, so that the Address Sanitizer sees a read of one byte too many.
public func atTheEnd(_ input: UnsafeRawBufferPointer) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(input.count)
    let padding = buffer.capacity - input.count
    buffer.writeRepeatingByte(0xFF, count: padding)
    buffer.writeBytes(input)
    buffer.moveReaderIndex(to: padding)
    return buffer
}
