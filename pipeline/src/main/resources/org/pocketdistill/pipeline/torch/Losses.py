# Losses over N learned tokens, with gradients in closed form; nothing here is recorded.
#
# x [N, D] student's head input, head [V, D]; tx, teacher_head the teacher's. Products take a block of tokens with {BLOCK}
# logits, so that memory does not grow with N V; element-wise work takes slices of {SLICE} logits, which stay in cache.
# settings (fp64 [6]): temperature T, weight of the divergence (with T^2 if wanted), weight of cross entropy,
# jsd_beta, skew_alpha, 1 / learned tokens of the optimiser step.
#
# p = softmax(t / T), q = softmax(s / T). Each divergence returns its value per token [n] and T times its gradient with
# respect to the student's logits [n, V]. Mixtures m of p and q are held above 0: where both have vanished in fp32, log(m)
# would make 0 inf = nan of a term that is 0.
#
# From a teacher of whom only the k most probable tokens are known, the divergence is that of k + 1 buckets: each of these
# tokens, and all others together (tail). By the chain rule a token j of the tail has the share q_j / Q_tail of its
# bucket's gradient. Tails are logsumexp over the others; 1 - sum would cancel. -1e30 stands for log 0.
class Losses(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # sum over the vocabulary, kept as a column
  def total(self: __torch__.Losses, x: Tensor) -> Tensor:
    return torch.sum(x, [-1], True)

  # KL(p || q); gradient q - p
  def forward_kl(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    p = torch.exp(lp)
    value = torch.sum(torch.mul(p, torch.sub(lp, lq)), [-1])
    return (value, torch.sub(torch.exp(lq), p))

  # KL(q || p); gradient q (log(q / p) - KL)
  def reverse_kl(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    q = torch.exp(lq)
    d = torch.sub(lq, lp)
    value = self.total(torch.mul(q, d))
    return (torch.squeeze(value, -1), torch.mul(q, torch.sub(d, value)))

  # m = beta p + (1 - beta) q; beta KL(p || m) + (1 - beta) KL(q || m); gradient (1 - beta) q (log(q / m) - KL(q || m)).
  # beta 0 is forward_kl and beta 1 is reverse_kl, where the formula itself would be 0 (TRL's convention).
  def jsd(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    if beta <= 0.:
      value, gradient = self.forward_kl(lp, lq, beta, alpha)
    elif beta >= 1.:
      value, gradient = self.reverse_kl(lp, lq, beta, alpha)
    else:
      p = torch.exp(lp)
      q = torch.exp(lq)
      lm = torch.log(torch.clamp_min(torch.add(torch.mul(p, beta), torch.mul(q, 1. - beta)), 1e-38))
      d = torch.sub(lq, lm)
      kq = self.total(torch.mul(q, d))
      kp = self.total(torch.mul(p, torch.sub(lp, lm)))
      value = torch.squeeze(torch.add(torch.mul(kp, beta), torch.mul(kq, 1. - beta)), -1)
      gradient = torch.mul(torch.mul(q, torch.sub(d, kq)), 1. - beta)
    return (value, gradient)

  # m = alpha p + (1 - alpha) q; KL(p || m); gradient -(1 - alpha) q (r - sum q r), r = p / m
  def skewed_forward_kl(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    p = torch.exp(lp)
    q = torch.exp(lq)
    m = torch.clamp_min(torch.add(torch.mul(p, alpha), torch.mul(q, 1. - alpha)), 1e-38)
    value = torch.sum(torch.mul(p, torch.sub(lp, torch.log(m))), [-1])
    r = torch.div(p, m)
    gradient = torch.mul(torch.mul(q, torch.sub(r, self.total(torch.mul(q, r)))), alpha - 1.)
    return (value, gradient)

  # m = (1 - alpha) p + alpha q; KL(q || m); gradient q (g - sum q g), g = log(q / m) - alpha q / m
  def skewed_reverse_kl(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    p = torch.exp(lp)
    q = torch.exp(lq)
    m = torch.clamp_min(torch.add(torch.mul(p, 1. - alpha), torch.mul(q, alpha)), 1e-38)
    d = torch.sub(lq, torch.log(m))
    value = torch.sum(torch.mul(q, d), [-1])
    g = torch.sub(d, torch.mul(torch.div(q, m), alpha))
    return (value, torch.mul(q, torch.sub(g, self.total(torch.mul(q, g)))))

  # 1/2 sum |p - q|; gradient 1/2 q (s - sum q s), s = sign(q - p)
  def tvd(self: __torch__.Losses, lp: Tensor, lq: Tensor, beta: float, alpha: float) -> Tuple[Tensor, Tensor]:
    q = torch.exp(lq)
    d = torch.sub(q, torch.exp(lp))
    s = torch.sign(d)
    value = torch.mul(torch.sum(torch.abs(d), [-1]), 0.5)
    return (value, torch.mul(torch.mul(q, torch.sub(s, self.total(torch.mul(q, s)))), 0.5))

  # Cross entropy of the logits s [n, V] with targets [n], and its gradient softmax(s) - onehot.
  def cross_entropy(self: __torch__.Losses, s: Tensor, targets: Tensor) -> Tuple[Tensor, Tensor]:
    index = torch.unsqueeze(targets, 1)
    ls = torch.log_softmax(s, -1)
    value = torch.neg(torch.squeeze(torch.gather(ls, 1, index), 1))
    q = torch.exp_(ls)
    gradient = torch.scatter_add_(q, 1, index, torch.full_like(index, -1, dtype=6))
    return (value, gradient)

  # Mixed loss of n tokens. Returns divergence [n], cross entropy [n] and the gradient of
  # (kd weight * divergence + ce weight * cross entropy) with respect to the logits s [n, V], not divided by anything.
  def mixed(self: __torch__.Losses, s: Tensor, t: Tensor, targets: Tensor, settings: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    temperature = float(settings[0])
    kd_weight = float(settings[1])
    ce_weight = float(settings[2])
    ce, ce_gradient = self.cross_entropy(s, targets)
    lp = torch.log_softmax(torch.div(t, temperature), -1)
    lq = torch.log_softmax(torch.div(s, temperature), -1)
    kd, kd_gradient = self.{DIVERGENCE}(lp, lq, float(settings[3]), float(settings[4]))
    gradient = torch.add_(torch.mul_(ce_gradient, ce_weight), kd_gradient, alpha=kd_weight / temperature)
    return (kd, ce, gradient)

  # The same from the k most probable tokens of the teacher: their ids [n, k], their log-probabilities lp [n, k] at the same
  # temperature, and the logarithm of what the others have together, tail [n].
  def mixed_top_k(self: __torch__.Losses, s: Tensor, ids: Tensor, lp: Tensor, tail: Tensor, targets: Tensor, settings: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    temperature = float(settings[0])
    kd_weight = float(settings[1])
    ce_weight = float(settings[2])
    ce, ce_gradient = self.cross_entropy(s, targets)
    lq = torch.log_softmax(torch.div(s, temperature), -1)
    others = torch.scatter(lq, 1, ids, -1e+30)
    lq_tail = torch.logsumexp(others, [-1], True)
    lq_buckets = torch.cat([torch.gather(lq, 1, ids), lq_tail], 1)
    # a sum of rounded probabilities is not 1, and every gradient takes it to be
    lp_buckets = torch.log_softmax(torch.cat([lp, torch.unsqueeze(tail, 1)], 1), -1)
    kd, g = self.{DIVERGENCE}(lp_buckets, lq_buckets, float(settings[3]), float(settings[4]))
    k = torch.size(ids, 1)
    shares = torch.exp_(torch.sub_(others, lq_tail))
    kd_gradient = torch.scatter_(torch.mul_(shares, torch.narrow(g, 1, k, 1)), 1, ids, torch.narrow(g, 1, 0, k))
    gradient = torch.add_(torch.mul_(ce_gradient, ce_weight), kd_gradient, alpha=kd_weight / temperature)
    return (kd, ce, gradient)

  # The k most probable tokens of softmax(x head^T / T) for x [N, D]: ids [N, k], the most probable first, their
  # log-probabilities [N, k], and the logarithm of what the others have together [N].
  def top_k(self: __torch__.Losses, x: Tensor, head: Tensor, temperature: Tensor, count: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    w = torch.to(head, {TEACHER_DTYPE})
    N = torch.size(x, 0)
    V = torch.size(w, 0)
    k = int(count)
    block = {BLOCK} // V + 1
    n = {SLICE} // V + 1
    ids = torch.zeros([N, k], dtype=4)
    lp = torch.zeros([N, k], dtype=6)
    tail = torch.zeros([N], dtype=6)
    for b in range((N + block - 1) // block):
      first = b * block
      rows = min(block, N - first)
      t = torch.linear(torch.narrow(x, 0, first, rows), w)
      for i in range((rows + n - 1) // n):
        begin = i * n
        size = min(n, rows - begin)
        z = torch.to(torch.narrow(t, 0, begin, size), 6)
        known = torch.log_softmax(torch.div(z, float(temperature)), -1)
        values, indexes = torch.topk(known, k, -1, True, True)
        others = torch.scatter(known, 1, indexes, -1e+30)
        _0 = torch.copy_(torch.narrow(ids, 0, first + begin, size), indexes)
        _1 = torch.copy_(torch.narrow(lp, 0, first + begin, size), values)
        _2 = torch.copy_(torch.narrow(tail, 0, first + begin, size), torch.logsumexp(others, [-1]))
    return (ids, lp, tail)

  # Sums of divergence and cross entropy over all tokens [2], and the gradient at x [N, D].
  # The head's gradient is added to head_gradient [V, D]; an empty one means that the head is frozen.
  def distill(self: __torch__.Losses, x: Tensor, head: Tensor, tx: Tensor, teacher_head: Tensor, targets: Tensor, settings: Tensor, head_gradient: Tensor) -> Tuple[Tensor, Tensor]:
    w = torch.to(head, {DTYPE})
    tw = torch.to(teacher_head, {TEACHER_DTYPE})
    N = torch.size(x, 0)
    V = torch.size(w, 0)
    block = {BLOCK} // V + 1
    n = {SLICE} // V + 1
    dx = torch.empty_like(x)
    kd_sum = torch.zeros([], dtype=7)
    ce_sum = torch.zeros([], dtype=7)
    for b in range((N + block - 1) // block):
      first = b * block
      rows = min(block, N - first)
      xb = torch.narrow(x, 0, first, rows)
      s = torch.linear(xb, w)
      t = torch.linear(torch.narrow(tx, 0, first, rows), tw)
      for i in range((rows + n - 1) // n):
        begin = i * n
        count = min(n, rows - begin)
        z = torch.narrow(s, 0, begin, count)
        y = torch.narrow(targets, 0, first + begin, count)
        kd, ce, gradient = self.mixed(torch.to(z, 6), torch.to(torch.narrow(t, 0, begin, count), 6), y, settings)
        kd_sum = torch.add(kd_sum, torch.sum(kd, dtype=7))
        ce_sum = torch.add(ce_sum, torch.sum(ce, dtype=7))
        _0 = torch.copy_(z, torch.mul_(gradient, float(settings[5])))
      _1 = torch.copy_(torch.narrow(dx, 0, first, rows), self.head_backward(s, xb, w, head_gradient))
    return (torch.stack([kd_sum, ce_sum]), dx)

  # The same from the teacher's k most probable tokens.
  def distill_top_k(self: __torch__.Losses, x: Tensor, head: Tensor, ids: Tensor, lp: Tensor, tail: Tensor, targets: Tensor, settings: Tensor, head_gradient: Tensor) -> Tuple[Tensor, Tensor]:
    w = torch.to(head, {DTYPE})
    N = torch.size(x, 0)
    V = torch.size(w, 0)
    block = {BLOCK} // V + 1
    n = {SLICE} // V + 1
    dx = torch.empty_like(x)
    kd_sum = torch.zeros([], dtype=7)
    ce_sum = torch.zeros([], dtype=7)
    for b in range((N + block - 1) // block):
      first = b * block
      rows = min(block, N - first)
      xb = torch.narrow(x, 0, first, rows)
      s = torch.linear(xb, w)
      for i in range((rows + n - 1) // n):
        begin = i * n
        count = min(n, rows - begin)
        at = first + begin
        z = torch.narrow(s, 0, begin, count)
        kd, ce, gradient = self.mixed_top_k(torch.to(z, 6), torch.narrow(ids, 0, at, count), torch.narrow(lp, 0, at, count), torch.narrow(tail, 0, at, count), torch.narrow(targets, 0, at, count), settings)
        kd_sum = torch.add(kd_sum, torch.sum(kd, dtype=7))
        ce_sum = torch.add(ce_sum, torch.sum(ce, dtype=7))
        _0 = torch.copy_(z, torch.mul_(gradient, float(settings[5])))
      _1 = torch.copy_(torch.narrow(dx, 0, first, rows), self.head_backward(s, xb, w, head_gradient))
    return (torch.stack([kd_sum, ce_sum]), dx)

  # The same with cross entropy alone.
  def learn(self: __torch__.Losses, x: Tensor, head: Tensor, targets: Tensor, settings: Tensor, head_gradient: Tensor) -> Tuple[Tensor, Tensor]:
    w = torch.to(head, {DTYPE})
    N = torch.size(x, 0)
    V = torch.size(w, 0)
    block = {BLOCK} // V + 1
    n = {SLICE} // V + 1
    dx = torch.empty_like(x)
    ce_sum = torch.zeros([], dtype=7)
    for b in range((N + block - 1) // block):
      first = b * block
      rows = min(block, N - first)
      xb = torch.narrow(x, 0, first, rows)
      s = torch.linear(xb, w)
      for i in range((rows + n - 1) // n):
        begin = i * n
        count = min(n, rows - begin)
        z = torch.narrow(s, 0, begin, count)
        ce, gradient = self.cross_entropy(torch.to(z, 6), torch.narrow(targets, 0, first + begin, count))
        ce_sum = torch.add(ce_sum, torch.sum(ce, dtype=7))
        _0 = torch.copy_(z, torch.mul_(gradient, float(settings[5])))
      _1 = torch.copy_(torch.narrow(dx, 0, first, rows), self.head_backward(s, xb, w, head_gradient))
    return (torch.stack([torch.zeros([], dtype=7), ce_sum]), dx)

  # Sum of the cross entropy of all tokens, without gradients.
  def measure(self: __torch__.Losses, x: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    w = torch.to(head, {DTYPE})
    N = torch.size(x, 0)
    block = {BLOCK} // torch.size(w, 0) + 1
    ce_sum = torch.zeros([], dtype=7)
    for b in range((N + block - 1) // block):
      rows = min(block, N - b * block)
      s = torch.to(torch.linear(torch.narrow(x, 0, b * block, rows), w), 6)
      ce_sum = torch.add(ce_sum, torch.to(torch.cross_entropy_loss(s, torch.narrow(targets, 0, b * block, rows), None, 2, -100, 0.), 7))
    return ce_sum

  # G [n, V]: head_gradient += G^T x; returns G head in the dtype of x
  def head_backward(self: __torch__.Losses, G: Tensor, x: Tensor, w: Tensor, head_gradient: Tensor) -> Tensor:
    if torch.gt(torch.numel(head_gradient), 0):
      _0 = torch.add_(head_gradient, torch.matmul(torch.t(G), x))
    return torch.matmul(G, w)
