// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The state of one run of a ``BSONEncoder``, shared by all encoders and containers that it hands out.
///
/// Values go to the end of one run of bytes as they come. That works as long as only the innermost open container is
/// written to, which is what nearly all code does. A container that was left and is then written to once more gets an
/// *addition*: bytes of its own, which ``finish()`` puts in their place. `superEncoder()` gets one from the start.
///
/// What changes is behind pointers, because each access to a class's variable checks for exclusive access at run
/// time, several times per value.
final class EncoderCore {
    let options: BSONEncoder
    let sink: UnsafeMutablePointer<ByteSink>
    let state: UnsafeMutablePointer<State>
    /// Whether names of coding keys are converted.
    let convertsKeys: Bool
    /// Where the bytes belong, when they are an addition.
    let basePath: [BSONCodingKey]

    /// Something that is being written. Its bytes are before those of everything that was opened after it.
    struct Node {
        /// Counts up; containers know their node by it.
        let id: Int
        /// Where its length is, or nil for the node of an addition, which has none.
        let offset: Int?
        let parent: Int
        /// What it is called in its parent.
        let key: BSONCodingKey?
        /// The index of the next element, or nil in a document.
        var nextIndex: Int?
        /// Whether code can hold a container for it after something else was written to its parent.
        let isExplicit: Bool
        /// Whether the names written to it are a dictionary's and so not converted.
        let keepsKeys: Bool
    }

    /// A node that has ended, but may be written to once more.
    struct ClosedNode {
        let node: Node
        /// Where its closing zero byte is.
        let end: Int
        var addition: Addition?
    }

    /// Bytes to be put in later.
    struct Addition {
        /// Where, counted in the bytes without additions.
        let offset: Int
        /// Where the lengths of the documents around the place are.
        let lengths: [Int]
        let core: EncoderCore
    }

    /// A value that is being encoded.
    struct Slot {
        let place: Place
        let keepsKeys: Bool
        /// The node that it became, if it is a document or an array.
        var node: Int?
        var isWritten = false
    }

    /// Where a value goes.
    enum Place {
        /// It is the whole document.
        case root
        /// A field of the node.
        case field(node: Int, name: String)
        /// The next element of the node, an array.
        case element(node: Int)
    }

    struct State: ~Copyable {
        /// What is open, the innermost last.
        var nodes: [Node] = []
        /// The id of the innermost, or −1.
        var top = -1
        var nextID = 0
        var slots: [Slot] = []
        var closed: [ClosedNode] = []
        var additions: [Addition] = []
        /// Types that were found to need no special treatment.
        var plainTypes = RecentTypes()
    }

    /// How many values may be encoded inside each other; a graph of objects with a cycle ends here.
    static let maximumSlots = 2 * BSONDocument.maximumDepth

    init(_ options: BSONEncoder, basePath: [BSONCodingKey] = [], capacity: Int = 512) {
        self.options = options
        self.basePath = basePath
        if case .useDefaultKeys = options.keyStrategy {
            convertsKeys = false
        } else {
            convertsKeys = true
        }
        sink = .allocate(capacity: 1)
        sink.initialize(to: ByteSink(capacity: capacity))
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        sink.deinitialize(count: 1)
        sink.deallocate()
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var userInfo: [CodingUserInfoKey: Any] { options.userInfo }
}

// MARK: Nodes

extension EncoderCore {
    /// The core and the node to write to for a container's node: these themselves, while it can be written to.
    @inline(__always)
    func target(_ node: Int) -> (core: EncoderCore, node: Int) {
        state.pointee.top == node ? (self, node) : reachedTarget(node)
    }

    /// Ends what was opened inside the node, or finds the addition of one that has ended.
    @inline(never)
    private func reachedTarget(_ node: Int) -> (core: EncoderCore, node: Int) {
        if state.pointee.nodes.contains(where: { $0.id == node }) {
            close(downTo: node)
            return (self, node)
        }
        guard let index = state.pointee.closed.firstIndex(where: { $0.node.id == node }) else {
            sink.pointee.fail(
                BSONError(.misuse, "a container was used after the encode(to:) that it belongs to had returned")
            )
            return (self, node)
        }
        if let addition = state.pointee.closed[index].addition {
            return addition.core.target(0)
        }
        let closed = state.pointee.closed[index]
        let core = EncoderCore(options, basePath: path(ofNode: node), capacity: 64)
        core.push(
            offset: nil,
            parent: -1,
            key: nil,
            isArray: closed.node.nextIndex != nil,
            keepsKeys: closed.node.keepsKeys
        )
        core.state.pointee.nodes[0].nextIndex = closed.node.nextIndex
        let addition = Addition(offset: closed.end, lengths: lengths(around: closed.node), core: core)
        state.pointee.closed[index].addition = addition
        state.pointee.additions.append(addition)
        return (core, 0)
    }

    /// Where the lengths of the node and of all around it are.
    private func lengths(around node: Node) -> [Int] {
        var lengths: [Int] = []
        var next: Node? = node
        while let current = next {
            if let offset = current.offset {
                lengths.append(offset)
            }
            next = find(current.parent)
        }
        return lengths
    }

    private func find(_ id: Int) -> Node? {
        state.pointee.nodes.last { $0.id == id } ?? state.pointee.closed.last { $0.node.id == id }?.node
    }

    /// Opens a document or an array, whose type and name are written.
    @discardableResult
    func push(
        offset: Int?,
        parent: Int,
        key: BSONCodingKey?,
        isArray: Bool,
        isExplicit: Bool = false,
        keepsKeys: Bool
    ) -> Int {
        let id = state.pointee.nextID
        state.pointee.nextID = id + 1
        state.pointee.top = id
        state.pointee.nodes.append(
            Node(
                id: id,
                offset: offset,
                parent: parent,
                key: key,
                nextIndex: isArray ? 0 : nil,
                isExplicit: isExplicit,
                keepsKeys: keepsKeys
            )
        )
        return id
    }

    /// Ends all nodes inside this one; with −1, all.
    @inline(__always)
    func close(downTo node: Int) {
        while state.pointee.top > node, let closing = state.pointee.nodes.popLast() {
            state.pointee.top = state.pointee.nodes.last?.id ?? -1
            if let offset = closing.offset {
                sink.pointee.endDocument(at: offset)
            }
            if closing.isExplicit {
                state.pointee.closed.append(ClosedNode(node: closing, end: sink.pointee.count - 1))
            }
        }
    }

    /// Writes the type and the name of a value, with room for its bytes, and answers what to do with them.
    @inline(__always)
    func begin(_ type: BSONType, at place: Place, size: Int) throws -> EncoderCore? {
        switch place {
        case .root:
            throw BSONError(.unsupportedType, "only a value with fields can be a document, not one of type \(type)")
        case .field(let node, let name):
            let (core, _) = target(node)
            return core.sink.pointee.beginElement(type, name, valueSize: size) ? core : nil
        case .element(let node):
            let (core, node) = target(node)
            let index = core.takeIndex(node)
            return core.sink.pointee.beginElement(type, index: index, valueSize: size) ? core : nil
        }
    }

    /// The index of the next element of the array that is open innermost.
    @inline(__always)
    func takeIndex(_ node: Int) -> Int {
        let last = state.pointee.nodes.count - 1
        guard last >= 0, let index = state.pointee.nodes[last].nextIndex else {
            sink.pointee.fail(BSONError(.misuse, "an element was added to what is not an open array"))
            return 0
        }
        state.pointee.nodes[last].nextIndex = index + 1
        return index
    }

    /// Opens a document or an array at a place.
    func open(isArray: Bool, at place: Place, isExplicit: Bool, keepsKeys: Bool) throws -> (EncoderCore, Int) {
        if case .root = place {
            guard !isArray else {
                throw BSONError(.unsupportedType, "only a value with fields can be a document, not an array")
            }
            let offset = sink.pointee.beginDocument()
            return (self, push(offset: offset, parent: -1, key: nil, isArray: false, keepsKeys: keepsKeys))
        }
        guard state.pointee.nodes.count < BSONDocument.maximumDepth else {
            throw BSONError(.nestingTooDeep, "values are nested deeper than \(BSONDocument.maximumDepth) levels")
        }
        // A refused name leaves no bytes; the node that is opened all the same is then written nowhere.
        let core = try begin(isArray ? .array : .document, at: place, size: 5) ?? self
        let parent = core.state.pointee.top
        let offset = core.sink.pointee.beginDocument()
        let key = core.key(of: place)
        let id = core.push(
            offset: offset,
            parent: parent,
            key: key,
            isArray: isArray,
            isExplicit: isExplicit,
            keepsKeys: keepsKeys
        )
        return (core, id)
    }

    private func key(of place: Place) -> BSONCodingKey? {
        switch place {
        case .root: nil
        case .field(_, let name): .name(name)
        case .element: .index((state.pointee.nodes.last?.nextIndex ?? 1) - 1)
        }
    }
}

// MARK: Paths

extension EncoderCore {
    func path(ofNode id: Int) -> [BSONCodingKey] {
        var path: [BSONCodingKey] = []
        var next = find(id)
        while let node = next {
            if let key = node.key {
                path.append(key)
            }
            next = find(node.parent)
        }
        return basePath + path.reversed()
    }

    func path(of place: Place) -> [BSONCodingKey] {
        switch place {
        case .root: []
        case .field(let node, let name): path(ofNode: node) + [.name(name)]
        case .element(let node): path(ofNode: node) + [.index(find(node)?.nextIndex ?? 0)]
        }
    }

    /// The name of the field for a coding key.
    func name(for key: some CodingKey, node: Int) -> String {
        guard convertsKeys, find(node)?.keepsKeys == false else { return key.stringValue }
        switch options.keyStrategy {
        case .useDefaultKeys:
            return key.stringValue
        case .convertToSnakeCase:
            return SnakeCase.encode(key.stringValue)
        case .custom(let convert):
            return convert(path(ofNode: node).map(\.stringValue) + [key.stringValue])
        }
    }
}

// MARK: The end

extension EncoderCore {
    /// Makes room at the current end of a node for a value that comes later, and answers the core to write it to.
    func addition(to node: Int, name: String?) -> (core: EncoderCore, place: Place) {
        let (core, node) = target(node)
        let key: BSONCodingKey = name.map { .name($0) } ?? .index(core.takeIndex(node))
        let addition = EncoderCore(options, basePath: core.path(ofNode: node) + [key], capacity: 64)
        addition.push(offset: nil, parent: -1, key: nil, isArray: false, keepsKeys: true)
        core.state.pointee.additions.append(
            Addition(
                offset: core.sink.pointee.count,
                lengths: core.state.pointee.nodes.compactMap(\.offset),
                core: addition
            )
        )
        return (addition, .field(node: 0, name: key.stringValue))
    }

    /// Ends everything, puts the additions in their places, and answers the bytes.
    func finish() throws(BSONError) -> ByteBuffer {
        close(downTo: -1)
        let sink = sink.pointee.replaced(with: ByteSink(capacity: 0))
        let additions = state.pointee.additions.sorted { $0.offset < $1.offset }
        state.pointee.additions = []
        var buffer = try sink.finish()
        guard !additions.isEmpty else { return buffer }
        // First the lengths, where the bytes are now; then everything in one copy.
        var parts: [(offset: Int, bytes: ByteBuffer)] = []
        for addition in additions {
            let bytes = try addition.core.finish()
            parts.append((addition.offset, bytes))
            for offset in addition.lengths {
                let length = buffer.getInteger(at: offset, endianness: .little, as: Int32.self) ?? 0
                let (sum, overflow) = length.addingReportingOverflow(Int32(clamping: bytes.readableBytes))
                guard !overflow else {
                    throw BSONError(.documentTooLarge, "a document cannot be longer than 2147483647 bytes")
                }
                buffer.setInteger(sum, at: offset, endianness: .little)
            }
        }
        var whole = ByteBufferAllocator().buffer(
            capacity: parts.reduce(buffer.readableBytes) { $0 + $1.bytes.readableBytes }
        )
        for var part in parts {
            if var before = buffer.readSlice(length: part.offset - buffer.readerIndex) {
                whole.writeBuffer(&before)
            }
            whole.writeBuffer(&part.bytes)
        }
        whole.writeBuffer(&buffer)
        return whole
    }
}
