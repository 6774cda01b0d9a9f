public import NIOCore
public struct BSONDocument: Sendable, Hashable { public let buffer: ByteBuffer
  public init(validating: ByteBuffer) throws { buffer = validating } }
