# Losses on what is inside a teacher and a student, recorded by autograd. B rows, T tokens, N learned tokens.
#
# Each is a sum over the learned tokens, times scale [] (its weight over the learned tokens of the optimiser step).
class Features(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # Rows [N] of B T of a hidden state [B, T, D] -> [N, D]
  def pick(self: __torch__.Features, h: Tensor, rows: Tensor) -> Tensor:
    return torch.index_select(torch.reshape(h, [-1, torch.size(h, -1)]), 0, rows)

  # Student's states at the rows, projected to the teacher's width where the projector is not empty: s W^T + b
  def projected(self: __torch__.Features, s: Tensor, rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    x = self.pick(s, rows)
    if torch.gt(torch.numel(weight), 0):
      y = torch.linear(x, weight, bias)
    else:
      y = x
    return y

  # sum over tokens of 1 - cos(projected student, teacher)
  def cosine(self: __torch__.Features, s: Tensor, t: Tensor, rows: Tensor, weight: Tensor, bias: Tensor, scale: Tensor) -> Tensor:
    similarity = torch.cosine_similarity(self.projected(s, rows, weight, bias), self.pick(t, rows), 1, 1e-8)
    return torch.mul(torch.sum(torch.rsub(similarity, 1.)), scale)

  # sum over tokens of the mean over channels of (projected student - teacher)^2
  def mse(self: __torch__.Features, s: Tensor, t: Tensor, rows: Tensor, weight: Tensor, bias: Tensor, scale: Tensor) -> Tensor:
    d = torch.sub(self.projected(s, rows, weight, bias), self.pick(t, rows))
    return torch.mul(torch.sum(torch.mean(torch.mul(d, d), [1])), scale)

  # log softmax(X X^T / sqrt(w)) over the keys that mask [B, 1, 1, T, T] shows, X [B, T, heads w] split into {HEADS}
  # relation heads -> [B, {HEADS}, T, T]
  def relation(self: __torch__.Features, x: Tensor, mask: Tensor) -> Tensor:
    B = torch.size(x, 0)
    T = torch.size(x, 1)
    w = torch.floordiv(torch.size(x, 2), {HEADS})
    y = torch.permute(torch.view(x, [B, T, {HEADS}, w]), [0, 2, 1, 3])
    scores = torch.matmul(torch.mul(y, 1. / float(w) ** 0.5), torch.transpose(y, 2, 3))
    return torch.log_softmax(torch.add(scores, torch.squeeze(mask, 1)), -1)

  # sum over tokens and relation heads of KL(teacher's relation || student's) / {HEADS}
  def relation_kl(self: __torch__.Features, s: Tensor, t: Tensor, mask: Tensor, rows: Tensor) -> Tensor:
    hidden = torch.lt(torch.squeeze(mask, 1), -1.)
    lt = self.relation(t, mask)
    p = torch.exp(lt)
    d = torch.masked_fill(torch.sub(lt, self.relation(s, mask)), hidden, 0.)
    kl = torch.permute(torch.sum(torch.mul(p, d), [3]), [0, 2, 1])
    return torch.div(torch.sum(self.pick(kl, rows)), {HEADS})

  # The same for queries, keys and values [B, T, heads d] together.
  def relations(self: __torch__.Features, s: List[Tensor], t: List[Tensor], mask: Tensor, rows: Tensor, scale: Tensor) -> Tensor:
    q = self.relation_kl(s[0], t[0], mask, rows)
    k = self.relation_kl(s[1], t[1], mask, rows)
    v = self.relation_kl(s[2], t[2], mask, rows)
    return torch.mul(torch.add(torch.add(q, k), v), scale)

  # <x, gradient> + the parts: a scalar whose gradient at x is the one given
  def combined(self: __torch__.Features, x: Tensor, gradient: Tensor, parts: List[Tensor]) -> Tensor:
    return torch.add(torch.to(torch.sum(torch.mul(x, gradient)), 6), torch.sum(torch.stack(parts)))
