// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Talks to the SOCKS5 proxy at the beginning of a channel, and then leaves.
///
/// The handlers behind it see a channel that becomes active when the proxy has connected to the server, and nothing of what
/// was said before.
final class ProxyHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var machine: SOCKSStateMachine
    private let opened: EventLoopPromise<Void>
    private var isOver = false

    /// - Parameter opened: Kept when there is a connection to the server; fails with a `ProxyError`.
    init(_ machine: SOCKSStateMachine, opened: EventLoopPromise<Void>) {
        self.machine = machine
        self.opened = opened
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(machine.start()), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else {
            context.fireChannelRead(data)
            return
        }
        for action in machine.receive(unwrapInboundIn(data)) {
            switch action {
            case .send(let bytes):
                context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
            case .connected(let rest):
                isOver = true
                context.fireChannelActive()
                if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
                opened.succeed()
                context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            case .fail(let error):
                fail(error)
                context.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(ProxyError(.closed, "broke the connection: \(error)"))
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(machine.ended())
        context.fireChannelInactive()
    }

    /// Also of an attempt that another one was faster than: it has never been active.
    func handlerRemoved(context: ChannelHandlerContext) {
        fail(machine.ended())
    }

    private func fail(_ error: ProxyError) {
        guard !isOver else { return }
        isOver = true
        opened.fail(error)
    }
}
