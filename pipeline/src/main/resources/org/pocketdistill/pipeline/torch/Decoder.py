# Decoder of the Llama, Mistral, Qwen2 and Qwen3 families, layer by layer.
#
# B rows, T new tokens, S visible tokens, D hidden width, H query heads, K key/value heads, d head width.
# The residual stream, norms and softmax are fp32; products run in dtype {DTYPE} (6 = fp32, 15 = bf16).
#
# Weights of a layer, in this order: input norm, q, k, v, o, post-attention norm, gate, up, down
# (q, k, v, o, gate, up, down as [out, in]), then q, k, v biases if there are any, then q and k norms if there are any.
# With NF4 the matrices are bytes, and behind all else come scales, scales2, offset and rows of each of the seven, and two tables.
# Adapters of a layer: A [r, in], B [out, r], scale [] and magnitude [out] for q, k, v, o, gate, up, down; empty A where a
# projection has none, empty magnitude where it is not of DoRA; a list of one empty tensor where the layer has none at all.
class Decoder(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # ids [B, T], table [V, D] -> [B, T, D]
  def embed(self: __torch__.Decoder, ids: Tensor, table: Tensor) -> Tensor:
    return torch.to(torch.embedding(table, ids), 6)

  # The same with an adapter A [r, V], B [D, r] on the table: rows of table + scale (B A)^T
  def adapted_embed(self: __torch__.Decoder, ids: Tensor, table: Tensor, a: Tensor, b: Tensor, scale: Tensor) -> Tensor:
    u = torch.embedding(torch.t(a), ids)
    return torch.add(self.embed(ids, table), torch.mul(torch.linear(u, b), scale))

  # Rows of the rotary tables [max, d] at positions [B, T] -> [B, T, 1, d]
  def rotary(self: __torch__.Decoder, positions: Tensor, table: Tensor) -> Tensor:
    return torch.unsqueeze(torch.embedding(table, positions), 2)

  # documents [B, T] -> additive mask [B, 1, 1, T, T]: a token sees earlier tokens of its own document, itself included,
  # at most {WINDOW} of them (0 = all).
  def document_mask(self: __torch__.Decoder, documents: Tensor) -> Tensor:
    T = torch.size(documents, 1)
    i = torch.unsqueeze(torch.arange(T), 1)
    j = torch.unsqueeze(torch.arange(T), 0)
    visible = torch.__and__(torch.le(j, i), torch.eq(torch.unsqueeze(documents, 2), torch.unsqueeze(documents, 1)))
    if {WINDOW} > 0:
      near = torch.__and__(visible, torch.gt(j, torch.sub(i, {WINDOW})))
    else:
      near = visible
    zero = torch.zeros([1])
    mask = torch.where(near, zero, torch.full([1], -inf))
    return torch.unsqueeze(torch.unsqueeze(mask, 1), 1)

  # first [B] = column of each row's first real token -> additive mask [B, 1, 1, T, S] for the T columns that end at S.
  # A padding column sees itself, so that no row of the softmax is empty.
  def cache_mask(self: __torch__.Decoder, first: Tensor, end: Tensor, count: Tensor) -> Tensor:
    S = int(end)
    T = int(count)
    i = torch.unsqueeze(torch.arange(S - T, S), 1)
    j = torch.unsqueeze(torch.arange(S), 0)
    real = torch.ge(j, torch.unsqueeze(torch.unsqueeze(first, 1), 1))
    visible = torch.__or__(torch.__and__(torch.le(j, i), real), torch.eq(j, i))
    if {WINDOW} > 0:
      near = torch.__and__(visible, torch.gt(j, torch.sub(i, {WINDOW})))
    else:
      near = visible
    mask = torch.where(near, torch.zeros([1]), torch.full([1], -inf))
    return torch.unsqueeze(torch.unsqueeze(mask, 1), 1)

  # x [B, T, heads, d], cos and sin [B, T, 1, d] -> x cos + rotate_half(x) sin
  def rotate(self: __torch__.Decoder, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    a, b = torch.chunk(x, 2, -1)
    return torch.add(torch.mul(x, cos), torch.mul(torch.cat([torch.neg(b), a], -1), sin))

  # Matrix [out, columns] of projection i, among a layer's weights. Nothing flows back into it.
  def matrix(self: __torch__.Decoder, w: List[Tensor], i: int, columns: int) -> Tensor:
    if i < 4:
      k = i + 1
    else:
      k = i + 2
    if {NF4}:
      s = {STATE} + 4 * i
      m = self.unpack(w[k], w[s], w[s + 1], w[s + 2], w[s + 3], w[{STATE} + 28], w[{STATE} + 29], columns)
    else:
      m = w[k]
    return m

  # NF4 (arXiv 2305.14314): codes [32 blocks] of two elements each, in blocks of 64 elements that have one scale; pairs
  # [256, 2] are the two values of a byte. With double quantisation scales [blocks] are bytes and stand for
  # map[byte] scales2[block / 256] + offset; map [256].
  def unpack(self: __torch__.Decoder, codes: Tensor, scales: Tensor, scales2: Tensor, offset: Tensor, rows: Tensor, pairs: Tensor, map: Tensor, columns: int) -> Tensor:
    values = torch.view(torch.embedding(pairs, torch.to(codes, 3)), [-1, 64])
    if {DOUBLE_QUANT}:
      repeated = torch.narrow(torch.repeat_interleave(scales2, 256, 0), 0, 0, torch.size(scales, 0))
      s = torch.add(torch.mul(torch.index_select(map, 0, torch.to(scales, 3)), repeated), offset)
    else:
      s = scales
    flat = torch.view(torch.mul(values, torch.unsqueeze(s, 1)), [-1])
    n = int(rows)
    return torch.view(torch.narrow(flat, 0, 0, n * columns), [n, columns])

  # x W^T, with adapter i where the projection has one. Nothing is dropped unless a graph is recorded, so that a loss that
  # is only measured is that of the whole adapter.
  def project(self: __torch__.Decoder, x: Tensor, weights: List[Tensor], lora: List[Tensor], i: int) -> Tensor:
    w = self.matrix(weights, i, torch.size(x, -1))
    y = torch.linear(x, torch.to(w, {DTYPE}))
    if torch.gt(torch.len(lora), 1):
      if torch.gt(torch.numel(lora[4 * i]), 0):
        y0 = self.adapt(x, y, w, lora[4 * i], lora[4 * i + 1], lora[4 * i + 2], lora[4 * i + 3])
      else:
        y0 = y
      y1 = y0
    else:
      y1 = y
    return y1

  # y = x W^T -> y + d, d = scale (dropout(x) A^T) B^T; with a magnitude m [out] (DoRA, arXiv 2402.09353)
  # g (y + d), g = m / |W + scale B A| by rows, the norm without a gradient. With dropout, the part of y that g adds is
  # that of dropout(x).
  def adapt(self: __torch__.Decoder, x: Tensor, y: Tensor, w: Tensor, a: Tensor, b: Tensor, scale: Tensor, m: Tensor) -> Tensor:
    dropped = torch.dropout(x, {DROPOUT}, torch.is_grad_enabled())
    u = torch.linear(dropped, torch.to(a, {DTYPE}))
    d = torch.mul(torch.linear(u, torch.to(b, {DTYPE})), torch.to(scale, {DTYPE}))
    if torch.gt(torch.numel(m), 0):
      whole = torch.add(w, torch.mul(torch.matmul(torch.detach(b), torch.detach(a)), scale))
      g = torch.to(torch.div(m, torch.norm(whole, 2, [1])), {DTYPE})
      if {DROPOUT} > 0.:
        base = torch.mul(torch.linear(dropped, torch.to(w, {DTYPE})), torch.sub(g, 1))
        z0 = torch.add(torch.add(y, base), torch.mul(d, g))
      else:
        z0 = torch.mul(torch.add(y, d), g)
      z = z0
    else:
      z = torch.add(y, d)
    return z

  # Rotated queries [B, T, H, d], rotated keys and values [B, T, K, d].
  def qkv(self: __torch__.Decoder, x: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    B = torch.size(x, 0)
    T = torch.size(x, 1)
    q = torch.to(self.project(x, w, lora, 0), 6)
    k = torch.to(self.project(x, w, lora, 1), 6)
    v = torch.to(self.project(x, w, lora, 2), 6)
    if {QKV_BIAS}:
      q = torch.add(q, w[9])
      k = torch.add(k, w[10])
      v = torch.add(v, w[11])
    q = torch.view(q, [B, T, -1, {HEAD_DIM}])
    k = torch.view(k, [B, T, -1, {HEAD_DIM}])
    v = torch.view(v, [B, T, -1, {HEAD_DIM}])
    if {QK_NORM}:
      q = torch.rms_norm(q, [{HEAD_DIM}], w[{Q_NORM}], {EPS})
      k = torch.rms_norm(k, [{HEAD_DIM}], w[{Q_NORM} + 1], {EPS})
    return (self.rotate(q, cos, sin), self.rotate(k, cos, sin), v)

  # softmax(q k^T / sqrt(d) + mask) v; q [B, T, H, d], k and v [B, S, K, d] -> [B, T, H d].
  # The H / K query heads that share a key head are stacked along the rows, so that k and v are never repeated.
  def attend(self: __torch__.Decoder, q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    B = torch.size(q, 0)
    T = torch.size(q, 1)
    S = torch.size(k, 1)
    K = torch.size(k, 2)
    g = torch.floordiv(torch.size(q, 2), K)
    scaled = torch.to(torch.mul(q, {SCALE}), {DTYPE})
    q1 = torch.reshape(torch.permute(torch.view(scaled, [B, T, K, g, {HEAD_DIM}]), [0, 2, 3, 1, 4]), [B, K, g * T, {HEAD_DIM}])
    scores = torch.to(torch.matmul(q1, torch.permute(torch.to(k, {DTYPE}), [0, 2, 3, 1])), 6)
    p = torch.softmax(torch.add(torch.view(scores, [B, K, g, T, S]), mask), -1)
    p1 = torch.view(torch.to(p, {DTYPE}), [B, K, g * T, S])
    a = torch.view(torch.matmul(p1, torch.permute(torch.to(v, {DTYPE}), [0, 2, 1, 3])), [B, K, g, T, {HEAD_DIM}])
    return torch.reshape(torch.permute(a, [0, 3, 1, 2, 4]), [B, T, -1])

  # The steps of a layer, h [B, T, D] -> [B, T, D]. Each gives the inputs of the next products: of q, k and v [B, T, D];
  def attention_input(self: __torch__.Decoder, h: Tensor, w: List[Tensor]) -> Tensor:
    return torch.to(torch.rms_norm(h, [torch.size(h, 2)], w[0], {EPS}), {DTYPE})

  # of o [B, T, H d];
  def attention_output(self: __torch__.Decoder, x: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
    q, k, v = self.qkv(x, w, lora, cos, sin)
    return self.attend(q, k, v, mask)

  # of gate and up [B, T, D], from h + o(attention);
  def add_attention(self: __torch__.Decoder, h: Tensor, a: Tensor, w: List[Tensor], lora: List[Tensor]) -> Tensor:
    return torch.add(h, torch.to(self.project(a, w, lora, 3), 6))

  def mlp_input(self: __torch__.Decoder, h: Tensor, w: List[Tensor]) -> Tensor:
    return torch.to(torch.rms_norm(h, [torch.size(h, 2)], w[5], {EPS}), {DTYPE})

  # of down: silu(gate) up [B, T, F];
  def mlp_inner(self: __torch__.Decoder, x: Tensor, w: List[Tensor], lora: List[Tensor]) -> Tensor:
    return torch.mul(torch.silu(self.project(x, w, lora, 4)), self.project(x, w, lora, 5))

  # and at last h + down(silu(gate) up).
  def add_mlp(self: __torch__.Decoder, h: Tensor, u: Tensor, w: List[Tensor], lora: List[Tensor]) -> Tensor:
    return torch.add(h, torch.to(self.project(u, w, lora, 6), 6))

  # All that follows attention.
  def residual(self: __torch__.Decoder, h: Tensor, a: Tensor, w: List[Tensor], lora: List[Tensor]) -> Tensor:
    h1 = self.add_attention(h, a, w, lora)
    return self.add_mlp(h1, self.mlp_inner(self.mlp_input(h1, w), w, lora), w, lora)

  # One decoder layer on whole rows: h [B, T, D] -> [B, T, D]
  def layer(self: __torch__.Decoder, h: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
    a = self.attention_output(self.attention_input(h, w), w, lora, cos, sin, mask)
    return self.residual(h, a, w, lora)

  # Sum over the rows b of (mean over b's real tokens of |x|)^2: x [B, T, n], real [B, T] is 1 for a token, 0 for padding -> [n]
  def importance(self: __torch__.Decoder, x: Tensor, real: Tensor) -> Tensor:
    weights = torch.div(real, torch.clamp_min(torch.sum(real, [1], True), 1.))
    mean = torch.sum(torch.mul(torch.abs(torch.to(x, 6)), torch.unsqueeze(weights, 2)), [1])
    return torch.sum(torch.mul(mean, mean), [0])

  # A layer, and what pruning asks of it: importance of the attention's input [D], of o's input [H d], of the MLP's input
  # [D] and of down's input [F], and the sum over real tokens of cos(h, output) [].
  def observe(self: __torch__.Decoder, h: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor, real: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    x = self.attention_input(h, w)
    a = self.attention_output(x, w, lora, cos, sin, mask)
    h1 = self.add_attention(h, a, w, lora)
    x1 = self.mlp_input(h1, w)
    u = self.mlp_inner(x1, w, lora)
    y = self.add_mlp(h1, u, w, lora)
    similarity = torch.sum(torch.mul(torch.cosine_similarity(h, y, 2, 1e-8), real))
    return (y, self.importance(x, real), self.importance(a, real), self.importance(x1, real), self.importance(u, real), similarity)

  # One decoder layer on T new tokens whose keys and values are written into the caches [B, max, K, d] at columns end - T .. end.
  def cached_layer(self: __torch__.Decoder, h: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor, mask: Tensor, keys: Tensor, values: Tensor, end: Tensor) -> Tensor:
    S = int(end)
    D = torch.size(h, 2)
    T = torch.size(h, 1)
    x = torch.to(torch.rms_norm(h, [D], w[0], {EPS}), {DTYPE})
    q, k, v = self.qkv(x, w, lora, cos, sin)
    _0 = torch.copy_(torch.narrow(keys, 1, S - T, T), k)
    _1 = torch.copy_(torch.narrow(values, 1, S - T, T), v)
    a = self.attend(q, torch.narrow(keys, 1, 0, S), torch.narrow(values, 1, 0, S), mask)
    return self.residual(h, a, w, lora)

  # What attention compares in a layer: queries, keys and values [B, T, H d], keys and values repeated for the query heads
  # that share them.
  def attention_states(self: __torch__.Decoder, h: Tensor, w: List[Tensor], lora: List[Tensor], cos: Tensor, sin: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    B = torch.size(h, 0)
    T = torch.size(h, 1)
    x = torch.to(torch.rms_norm(h, [torch.size(h, 2)], w[0], {EPS}), {DTYPE})
    q, k, v = self.qkv(x, w, lora, cos, sin)
    g = torch.floordiv(torch.size(q, 2), torch.size(k, 2))
    shape = [B, T, torch.size(k, 2), g, {HEAD_DIM}]
    k1 = torch.reshape(torch.expand(torch.unsqueeze(k, 3), shape), [B, T, -1])
    v1 = torch.reshape(torch.expand(torch.unsqueeze(v, 3), shape), [B, T, -1])
    return (torch.reshape(q, [B, T, -1]), k1, v1)

  # Final norm of the rows h [B, T, D] picks by index [N] from B T -> [N, D] in the dtype of products
  def head_input(self: __torch__.Decoder, h: Tensor, w: Tensor, rows: Tensor) -> Tensor:
    D = torch.size(h, 2)
    x = torch.index_select(torch.view(h, [-1, D]), 0, rows)
    return torch.to(torch.rms_norm(x, [D], w, {EPS}), {DTYPE})

  # x [N, D] -> logits [N, V] in fp32
  def logits(self: __torch__.Decoder, x: Tensor, head: Tensor) -> Tensor:
    return torch.to(torch.linear(x, torch.to(head, {DTYPE})), 6)

  # Log-probabilities of the targets [N] (0 where the target is negative) and the k most probable ids:
  # [N], [N, k], [N, k]. k = 0 gives empty tensors.
  def score(self: __torch__.Decoder, x: Tensor, head: Tensor, targets: Tensor, k: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    p = torch.log_softmax(self.logits(x, head), -1)
    picked = torch.squeeze(torch.gather(p, 1, torch.unsqueeze(torch.clamp_min(targets, 0), 1)), 1)
    values, ids = torch.topk(p, int(k), -1, True, True)
    return (picked, values, ids)
